/**
 * What an export costs: rows a second, the first byte, and how much the collector's memory grows, for each format, over
 * 1,000,000 ledger entries and as many spans of ten days (`--rows 5000000` for more). The API runs in this process over
 * the embedded engine; the client is this process too and keeps nothing. `npm run bench:export`.
 */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TenantId } from '@ai-cost-profiler/collector/access.ts';
import { exportRoutes } from '@ai-cost-profiler/collector/api/export-routes.ts';
import { openEmbeddedLedger } from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import express from 'express';

const at = process.argv.indexOf('--rows');
const ROWS = at === -1 ? 1_000_000 : Number(process.argv[at + 1]);
const BATCH = 100_000;
const DAYS = 10;
const START_S = Date.UTC(2026, 7, 10) / 1000;
const MB = 1e6;

// With options: the engine that tests share ends with their worker alone.
const ledger = await openEmbeddedLedger({});
for (let from = 0; from < ROWS; from += BATCH) {
  await insertBatch(from, Math.min(BATCH, ROWS - from));
}

/** A batch is of one day, as the writer's are. */
async function insertBatch(from: number, count: number): Promise<void> {
  const day = START_S + Math.floor((from / ROWS) * DAYS) * 86_400;
  const start = `fromUnixTimestamp64Nano(toInt64(${day}) * 1000000000 + intDiv((number - ${from}) * 86400000000000, ${count}), 'UTC')`;
  const common = `'w', ${from + 1}, 'acme', ${start}, lower(hex(sipHash128(intDiv(number, 4)))), lower(hex(sipHash64(number))),
    concat('f', toString(number % 200)), 'shop', toString(number % 5000)`;
  const names =
    'writer_id, batch_seq, tenant, start_time, trace_id, span_id, feature, service, user';
  const settings = 'SETTINGS max_partitions_per_insert_block = 0, max_insert_threads = 1';
  const numbers = `FROM numbers(${from}, ${count}) ${settings}`;
  const run = (statement: string) => ledger.store.command(statement, { timeoutMs: 600_000 });
  await run(`INSERT INTO aicost.landing (${names}, row_kind, entry_kind, entry_id, model, provider, calls, in_uncached, out_text, cost_usd, list_usd)
    SELECT ${common}, 'entry', 'charge', generateUUIDv4(), concat('m', toString(number % 40)), 'openai', 1, 1000 + number % 977, number % 500,
      toDecimal128('0.000123', 18), toDecimal128('0.000123', 18) ${numbers}`);
  await run(`INSERT INTO aicost.landing (${names}, row_kind, end_time, received_at, span_role, name, attributes)
    SELECT ${common}, 'span', ${start}, ${start}, 'leaf', 'chat',
      map('gen_ai.request.model', 'gpt-4o', 'gen_ai.usage.input_tokens', toString(number % 977), 'request.id', hex(sipHash64(number + 1))) ${numbers}`);
}

const app = express().set('query parser', 'simple');
app.use(
  exportRoutes({
    store: ledger.store,
    authenticate: () => ({
      tenant: 'acme' as TenantId,
      scopes: new Set(['read'] as const),
      keyId: 'k',
    }),
    secret: () => Buffer.alloc(32),
    now: () => new Date((START_S + DAYS * 86_400) * 1000),
  }),
);
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const heldBytes = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

async function measure(table: string, format: string): Promise<void> {
  const started = performance.now();
  const before = heldBytes();
  const [response] = (await once(
    get(`${origin}/api/v1/export/${table}?from=now-${DAYS}d&format=${format}`, { agent: false }),
    'response',
  )) as [IncomingMessage];
  let [firstMs, bytes, most] = [0, 0, 0];
  const watch = setInterval(() => {
    most = Math.max(most, heldBytes() - before);
  }, 20);
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes === 0) firstMs = performance.now() - started;
    bytes += chunk.length;
  }
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1000;
  const rows = Number(response.trailers['x-row-count']);
  const shown = [
    `${table} ${format}`.padEnd(16),
    `${rows} rows`,
    `${(bytes / MB).toFixed(0)} MB`,
    `first byte ${firstMs.toFixed(0)} ms`,
    `${Math.round(rows / seconds)} rows/s`,
    `memory +${(most / MB).toFixed(0)} MB`,
  ];
  process.stdout.write(`${shown.join(', ')}\n`);
}

for (const table of ['ledger', 'spans', 'costs', 'focus']) {
  for (const format of ['ndjson', 'csv', 'parquet']) await measure(table, format);
}
server.close();
await ledger.close();
