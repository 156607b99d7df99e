/**
 * Ways in which `spans` could show the final role and attribution, which only the ledger has: look-ups of one trace and
 * scans over 2,000,000 spans, with and without the role, at few and at many corrections. Medians in milliseconds on
 * this machine. `npm run bench:span-roles [-- --spans N]`.
 */
import { parseArgs } from 'node:util';
import { startTestEngine, storeAddress } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore } from '@ai-cost-profiler/clickhouse/store.ts';

const { values } = parseArgs({ options: { spans: { type: 'string', default: '2000000' } } });
const SPANS = Number(values.spans);
const PER_INSERT = Math.min(SPANS, 200_000);
const DAYS = 4;
const RUNS = 7;
const FROM_S = Date.UTC(2026, 7, 16) / 1000;
const engine = await startTestEngine();
const store = createStore({
  kind: 'embedded',
  database: 'aicost',
  ...storeAddress(engine.address),
});
const run = (sql: string) => store.command(sql, { timeoutMs: 600_000 });
await migrate(store);

const AT = `fromUnixTimestamp64Nano(toInt64(${FROM_S} * 1e9 + intDiv(number * ${DAYS * 86_400}, ${SPANS}) * 1e9), 'UTC')`;
const TRACE = 'lower(hex(sipHash128(intDiv(number, 10))))';
const SPAN = 'lower(hex(sipHash64(number)))';
for (let from = 0; from < SPANS; from += PER_INSERT) {
  await run(`INSERT INTO aicost.spans (tenant, trace_id, span_id, name, start_time, service, role, feature,
      input_tokens, attributes, received_at, writer_id, batch_seq)
    SELECT 'acme', ${TRACE}, ${SPAN}, concat('op', toString(number % 20)), ${AT}, 'api',
      if(number % 3 = 0, 'leaf', 'not_llm'), '', if(number % 3 = 0, 100, NULL),
      map('a', toString(number), 'b', 'some value', 'c', 'another value of some length'), ${AT}, 'w', ${from + 1}
    FROM numbers(${from}, ${PER_INSERT}) SETTINGS max_partitions_per_insert_block = 0`);
}

const KEY = 'tenant, trace_id, span_id';
const joinGet = (column: string) => `joinGet('aicost.settled_join', '${column}', ${KEY})`;
const SHOWN = `s.* EXCEPT (role, feature), if(r.role = '', toString(s.role), r.role) AS role,
      if(r.role = '', s.feature, r.feature) AS feature`;
const WAYS = {
  'the table as it is': null,
  'a view, LEFT ANY JOIN onto the newest of each': `SELECT ${SHOWN}
    FROM aicost.spans AS s LEFT ANY JOIN (
      SELECT ${KEY}, argMax(role, recorded_at) AS role, argMax(feature, recorded_at) AS feature
      FROM aicost.settled GROUP BY ${KEY}) AS r USING (${KEY})`,
  'a view, LEFT ANY JOIN onto a small ReplacingMergeTree': `SELECT ${SHOWN}
    FROM aicost.spans AS s LEFT ANY JOIN aicost.settled_replacing AS r USING (${KEY})`,
  'a view, joinGet from a Join table in memory': `SELECT * EXCEPT (role, feature, is_settled),
      if(is_settled, ${joinGet('role')}, toString(role)) AS role,
      if(is_settled, ${joinGet('feature')}, feature) AS feature
    FROM (SELECT *, ${joinGet('role')} != '' AS is_settled FROM aicost.spans)`,
} as const;

const QUESTIONS = {
  'one trace': `SELECT span_id, name, attributes FROM {from} WHERE tenant = 'acme' AND trace_id = '{trace}'`,
  'one trace, role': `SELECT span_id, name, role, feature FROM {from} WHERE tenant = 'acme' AND trace_id = '{trace}'`,
  'count of a day': `SELECT count() FROM {from}
    WHERE tenant = 'acme' AND start_time >= '2026-08-17' AND start_time < '2026-08-18'`,
  'tokens by name': `SELECT name, sum(input_tokens) FROM {from} WHERE tenant = 'acme' GROUP BY name`,
  'count by role': `SELECT role, count() FROM {from} WHERE tenant = 'acme' GROUP BY role`,
} as const;

async function fill(corrections: number): Promise<void> {
  const tables = ['settled', 'settled_replacing', 'settled_join'];
  for (const table of tables) await run(`DROP TABLE IF EXISTS aicost.${table}`);
  const columns = 'tenant String, trace_id String, span_id String, role String, feature String';
  const dated = `${columns}, recorded_at DateTime64(9, 'UTC')`;
  const bloom = 'INDEX bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1';
  await run(
    `CREATE TABLE aicost.settled (${dated}, ${bloom}) ENGINE = MergeTree ORDER BY (${KEY})`,
  );
  await run(`CREATE TABLE aicost.settled_replacing (${dated})
    ENGINE = ReplacingMergeTree(recorded_at) ORDER BY (${KEY})`);
  await run(`CREATE TABLE aicost.settled_join (${columns}) ENGINE = Join(ANY, LEFT, ${KEY})`);
  const step = Math.floor(SPANS / corrections);
  const rows = `SELECT 'acme', ${TRACE}, ${SPAN}, 'mirror', 'f'
    FROM (SELECT number * ${step} AS number FROM numbers(${corrections}))`;
  await run(`INSERT INTO aicost.settled SELECT *, now64(9) FROM (${rows})`);
  await run(`INSERT INTO aicost.settled_replacing SELECT *, now64(9) FROM (${rows})`);
  await run(`INSERT INTO aicost.settled_join ${rows}`);
}

async function median(sql: string): Promise<string> {
  const times: number[] = [];
  for (let count = 0; count < RUNS; count++) {
    const start = performance.now();
    await store.query(sql, {}, { timeoutMs: 60_000 });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!.toFixed(0);
}

const traces = await store.query<{ trace: string }>(
  'SELECT lower(hex(sipHash128(toUInt64(777)))) AS trace',
);
const trace = traces[0]!.trace;
for (const corrections of [SPANS / 100, SPANS / 4]) {
  await fill(corrections);
  process.stdout.write(`${SPANS} spans, ${corrections} of them corrected\n`);
  for (const [name, view] of Object.entries(WAYS)) {
    if (view !== null) {
      await run('DROP VIEW IF EXISTS aicost.shown');
      await run(`CREATE VIEW aicost.shown AS ${view}`);
    }
    const told: string[] = [];
    const from = view === null ? 'aicost.spans' : 'aicost.shown';
    for (const [question, sql] of Object.entries(QUESTIONS)) {
      const text = sql.replace('{from}', from).replace('{trace}', trace);
      told.push(`${question} ${await median(text)}`);
    }
    process.stdout.write(`  ${name}: ${told.join(', ')}\n`);
  }
}
await store.close();
await engine.remove();
