/** A ledger of very many calls with sketches, made by the engine itself, and the questions about prompts over it. */
import { startTestEngine, storeAddress } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore } from '@ai-cost-profiler/clickhouse/store.ts';
import { answerCacheable } from '@ai-cost-profiler/queries/prompts/cacheable.ts';
import { readCacheableInput } from '@ai-cost-profiler/queries/prompts/cacheable-input.ts';
import { readSimilarInput } from '@ai-cost-profiler/queries/prompts/input.ts';
import { PromptThreads } from '@ai-cost-profiler/queries/prompts/prompt-threads.ts';
import { answerSimilar } from '@ai-cost-profiler/queries/prompts/similar.ts';
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';

const FROM_S = Date.UTC(2026, 7, 20) / 1000;
const NOW = parseInstant('2026-08-21T00:00:00Z', 0n);
const RANGE = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const PER_INSERT = 200_000;
const TEMPLATES = 300;
const PATIENT = { timeoutMs: 600_000, settings: { max_execution_time: '600' } };

export interface CallsWish {
  readonly calls: number;
  /** Of ten calls so many repeat one of 300 prompts exactly, */
  readonly repeated: number;
  /** so many have a prompt like no other; all others one like one of the 300 (95 % of the bytes of the sketch). */
  readonly unique: number;
}

/** Calls of one day and tenant. */
export async function fillCalls(wish: CallsWish) {
  const engine = await startTestEngine();
  const store = createStore({
    kind: 'embedded',
    database: 'aicost',
    queryMsMax: 600_000,
    ...storeAddress(engine.address),
  });
  await migrate(store);
  for (let from = 0; from < wish.calls; from += PER_INSERT) {
    const count = Math.min(PER_INSERT, wish.calls - from);
    const ids = `'acme' AS tenant, lower(hex(sipHash128(number))) AS trace_id`;
    const span = `lower(hex(sipHash64(number)))`;
    const at = `fromUnixTimestamp64Nano(toInt64(${FROM_S} * 1000000000 + intDiv(number * 86400, ${wish.calls}) * 1000000000), 'UTC')`;
    const numbers = `FROM numbers(${from}, ${count}) SETTINGS max_partitions_per_insert_block = 0`;
    await store.command(
      `INSERT INTO aicost.spans (tenant, trace_id, span_ids, start_time, role, prompt_maker, prompt_sketch, prompt_boundaries)
       SELECT ${ids}, ${span}, ${at}, 'leaf', 'c1', ${sketchSql(wish)},
         concat('system', toString(cityHash64(number) % ${TEMPLATES}), '.2s0 call', toString(number), '.4k0') ${numbers}`,
      PATIENT,
    );
    await store.command(
      `INSERT INTO aicost.ledger (entry_id, kind, recorded_at, tenant, trace_id, start_time, span_id, provider, model, feature, calls, in_uncached, out_text, cost_usd)
       SELECT generateUUIDv4(), 'charge', ${at}, ${ids}, ${at}, ${span}, 'openai', concat('model', toString(cityHash64(number, 1) % 40)),
         concat('feature', toString(cityHash64(number) % 200)), 1, 2000, 100, 0.006 ${numbers}`,
      PATIENT,
    );
  }
  const threads = new PromptThreads();
  const reader = { tenant: 'acme', operator: false };
  const rate = (num: bigint) => ({ num: num * 10n ** 12n, den: 1n });
  const rates = { input: rate(10n), read: rate(1n), write: rate(12n), write1h: undefined };
  return {
    questions: {
      similar: async () => {
        const input = readSimilarInput(new URLSearchParams(RANGE), NOW);
        const { rows, other, alone, totals } = await answerSimilar(store, reader, {
          input,
          threads,
          signal: new AbortController().signal,
        });
        return `${rows.length + Number(other.groups)} groups of ${totals.calls} calls, ${alone.calls} alone`;
      },
      cacheable: async () => {
        const input = readCacheableInput(new URLSearchParams(RANGE), NOW);
        const { totals } = await answerCacheable(store, reader, { input, prices: () => rates });
        return `${totals.repeating_calls} calls begin as another did, ${totals.saved_usd} USD`;
      },
    },
    close: async () => {
      await store.close();
      await engine.remove();
    },
  };
}

function sketchSql({ repeated, unique }: CallsWish): string {
  const bytesOf = (hash: string) =>
    `arrayStringConcat(arrayMap(n -> char(${hash} % 256), range(128)))`;
  const template = `cityHash64('template', cityHash64(number) % ${TEMPLATES}, n)`;
  const own = "cityHash64('own', number, n)";
  return `multiIf(number % 10 < ${repeated}, ${bytesOf(template)},
    (number % 10) >= ${10 - unique}, ${bytesOf(own)},
    ${bytesOf(`if(cityHash64('kept', number, n) % 100 < 95, ${template}, ${own})`)})`;
}
