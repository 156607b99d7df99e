/**
 * What `settled_through` and the provisional amount cost an answer: a breakdown over 1,000,000 entries of a week, with
 * none, few and many traces still open. Medians in milliseconds on this machine; the breakdown's own statement beside
 * them, asked alone. `npm run bench:provisional`.
 */
import { answerBreakdown } from '@ai-cost-profiler/queries/breakdown/breakdown.ts';
import { readBreakdownInput } from '@ai-cost-profiler/queries/breakdown/input.ts';
import type { Store } from '@ai-cost-profiler/queries/tenant-scope.ts';
import { openEmbeddedLedger } from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';

const ENTRIES = 1_000_000;
const WEEK_S = 7 * 86_400;
const END_S = Date.UTC(2026, 7, 20, 12) / 1000;
const RUNS = 15;
/** Entries come at an even rate, so these are the traces of the last seconds before the end. */
const OPEN_TRACES = [0, 250, 2_500, 50_000] as const;
const READER = { tenant: 'acme', operator: false };

const ledger = await openEmbeddedLedger({});
const run = (statement: string) => ledger.store.command(statement, { timeoutMs: 600_000 });
const at = `fromUnixTimestamp64Nano(toInt64(${END_S - WEEK_S} * 1e9 + intDiv(number * ${WEEK_S}, ${ENTRIES}) * 1e9), 'UTC')`;
const trace = `lower(hex(sipHash128(intDiv(number, 4))))`;
for (let from = 0; from < ENTRIES; from += 100_000) {
  await run(`INSERT INTO aicost.landing (row_kind, entry_kind, entry_id, writer_id, batch_seq, tenant, start_time, trace_id,
      span_id, model, provider, feature, calls, in_uncached, out_text, cost_usd, list_usd)
    SELECT 'entry', 'charge', generateUUIDv4(), 'w', ${from + 1}, 'acme', ${at}, ${trace}, hex(number),
      concat('m', toString(number % 20)), 'openai', concat('f', toString(number % 7)), 1, 100, 10,
      toDecimal128('0.000123', 18), toDecimal128('0.000123', 18) FROM numbers(${from}, 100000)
    SETTINGS max_partitions_per_insert_block = 0, max_insert_threads = 1`);
  await run(`INSERT INTO aicost.landing (row_kind, writer_id, batch_seq, tenant, start_time, end_time, received_at, trace_id, span_role)
    SELECT 'span', 'w', ${from + 1}, 'acme', ${at}, ${at}, ${at}, ${trace}, 'leaf' FROM numbers(${from}, 100000)
    SETTINGS max_partitions_per_insert_block = 0, max_insert_threads = 1`);
}

interface Timed {
  readonly main: number[];
  readonly whole: number[];
}

const now = BigInt(END_S) * 1_000_000_000n;
const input = readBreakdownInput(new URLSearchParams('from=now-7d&by=model'), now);

async function measure(): Promise<Timed & { shown: object }> {
  const timed: Timed = { main: [], whole: [] };
  let statement: Parameters<Store['query']> | undefined;
  const listening: Store = {
    database: ledger.store.database,
    query: (text, params) => {
      if (text.includes('GROUPING SETS')) statement = [text, params];
      return ledger.store.query(text, params);
    },
  };
  let shown = {};
  for (let count = 0; count < RUNS; count++) {
    const start = performance.now();
    const { settled_through, provisional } = await answerBreakdown(listening, READER, input);
    timed.whole.push(performance.now() - start);
    shown = { settled_through, ...provisional };
    const alone = performance.now();
    await ledger.store.query(...statement!);
    timed.main.push(performance.now() - alone);
  }
  return { ...timed, shown };
}

const median = (list: readonly number[]) =>
  (list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0).toFixed(1);

for (const open of [null, ...OPEN_TRACES]) {
  await run('TRUNCATE TABLE aicost.settle_marks');
  if (open !== null) {
    const through = new Date((END_S - (open * 4 * WEEK_S) / ENTRIES) * 1000).toISOString();
    await ledger.store.insertRows('aicost.settle_marks', [{ through, recorded_at: through }]);
  }
  const { main, whole, shown } = await measure();
  const told = open === null ? 'never settled' : `${open} open traces`;
  process.stdout.write(
    `${told}: breakdown alone ${median(main)} ms, answer ${median(whole)} ms; ${JSON.stringify(shown)}\n`,
  );
}
await ledger.close();
