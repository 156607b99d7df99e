/**
 * What storing a span costs: engine CPU by target and by segment size, bytes by table and column, both beside the stock
 * schema of the OpenTelemetry Collector's ClickHouse exporter on the same engine and the same spans; and what finding a
 * trace or five minutes reads. The corpus goes the real road to sealed segments, which are then inserted as the writer
 * does.
 *
 * npm run bench:storage -- [--spans 200000] [--mix mixed|calls] [--content] [--json]
 * `--content`: instrumentations record messages, and the collector keeps them.
 */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { MeasuredEngine, TARGETS } from './storage/measured-engine.ts';
import { makeSegments, type Segment } from './storage/segments.ts';
import { STOCK_TABLES, stockRows } from './storage/stock-schema.ts';
import { type Finding, findings, type TableBytes, tableBytes } from './storage/storage-report.ts';

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '200000' },
    mix: { type: 'string', default: 'mixed' },
    content: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const SPANS = Number(values.spans);
const MIX = values.mix === 'calls' ? 'calls' : 'mixed';
const SEGMENT_ROWS = [100_000, 20_000, 5_000];
/** Of the smaller segments fewer spans suffice. */
const SMALLER_SPANS_MAX = 60_000;
const STOCK_BATCH_SPANS = 50_000;
const LOOK_UPS = 20;
const STOCK = ['otel_traces', 'otel_traces_trace_id_ts'];

const write = (text: string) => {
  if (!values.json) process.stdout.write(`${text}\n`);
};
const microseconds = (ms: number, spans: number) => (ms * 1000) / spans;

async function segmentsOf(directory: string, rows: number): Promise<Segment[]> {
  const stock = join(directory, 'stock.json');
  const isFirst = rows === SEGMENT_ROWS[0];
  return makeSegments({
    ...{ mix: MIX, isContentRecorded: values.content, isContentStored: values.content },
    spans: isFirst ? SPANS : Math.min(SPANS, SMALLER_SPANS_MAX),
    ...{ rowsPerSegment: rows, directory: join(directory, String(rows)) },
    ...(isFirst ? { onRequest: ({ bytes }) => appendFile(stock, stockRows(bytes)) } : {}),
  });
}

const count = (segments: readonly Segment[]) =>
  segments.reduce((sum, one) => sum + one.spanRows, 0);

/** CPU of each target: inserts with one target more each time. */
async function measureTargets(engine: MeasuredEngine, segments: readonly Segment[]) {
  const costs = [];
  let before = 0;
  for (let targets = 0; targets <= TARGETS.length; targets++) {
    const star = await engine.openStar(`targets_${targets}`, targets);
    const { insertMs, mergeMs } = await engine.insert(star, segments);
    const spans = count(segments);
    const target = targets === 0 ? 'landing' : TARGETS[targets - 1]!;
    const insertUs = microseconds(insertMs, spans);
    costs.push({
      target,
      insertUs,
      addedUs: insertUs - before,
      mergeUs: microseconds(mergeMs, spans),
    });
    write(
      `  ${target.padEnd(12)} +${(insertUs - before).toFixed(2).padStart(6)}  together ${insertUs.toFixed(2).padStart(6)}  merges ${microseconds(mergeMs, spans).toFixed(2)}`,
    );
    before = insertUs;
    if (targets < TARGETS.length) await star.store.command(`DROP DATABASE targets_${targets}`);
    else return { costs, store: star.store };
  }
  throw new Error('no targets');
}

async function fillStock(engine: MeasuredEngine, directory: string): Promise<Store> {
  const store = await engine.open('stock');
  for (const sql of STOCK_TABLES) await store.command(sql.replaceAll('{database}', 'stock'));
  await store.command(
    `INSERT INTO stock.otel_traces SELECT * FROM file('${join(directory, 'stock.json')}', 'JSONEachRow')`,
    { settings: { max_insert_threads: 1, max_insert_block_size: STOCK_BATCH_SPANS } },
  );
  return store;
}

function printTables(tables: readonly TableBytes[]): number {
  let sum = 0;
  for (const { table, rows, bytesPerSpan, columns } of tables) {
    sum += bytesPerSpan;
    write(`  ${table.padEnd(24)}${bytesPerSpan.toFixed(1).padStart(7)} B  ${rows} rows`);
    const shown = columns.map((one) => `${one.column} ${one.bytesPerSpan.toFixed(2)}`);
    write(`      ${shown.join(', ')}`);
  }
  return sum;
}

function printFindings(name: string, found: readonly Finding[]): void {
  for (const { question, rows, granules, cpuMs } of found) {
    write(
      `  ${name.padEnd(8)}${question.padEnd(28)}${String(rows).padStart(9)} rows ${String(granules).padStart(5)} granules ${cpuMs.toFixed(1).padStart(7)} ms CPU`,
    );
  }
}

const minutes = (column: string) =>
  `${column} >= toDateTime64('2026-08-20 02:20:00', 9, 'UTC') AND ${column} < toDateTime64('2026-08-20 02:25:00', 9, 'UTC')`;

async function measureFinding(engine: MeasuredEngine, ours: Store, stock: Store) {
  const { database } = ours;
  const ids = await ours.query<{ trace_id: string }>(
    `SELECT trace_id FROM ${database}.spans GROUP BY trace_id ORDER BY cityHash64(trace_id) LIMIT ${LOOK_UPS}`,
  );
  const traceIds = ids.map(({ trace_id: id }) => id);
  const own = {
    'a trace by its id': `SELECT * FROM ${database}.spans WHERE trace_id = '{trace}'`,
    'five minutes, by name': `SELECT name, count(), avg(duration_ns) FROM ${database}.spans WHERE ${minutes('start_time')} GROUP BY name`,
    'five minutes of one service': `SELECT name, count(), avg(duration_ns) FROM ${database}.spans WHERE service = 'checkout' AND ${minutes('start_time')} GROUP BY name`,
    'all day, one attribute': `SELECT count() FROM ${database}.spans WHERE attributes['http.route'] = '/answers'`,
  };
  const theirs = {
    'a trace by its id': `SELECT * FROM stock.otel_traces WHERE TraceId = '{trace}'`,
    'five minutes, by name': `SELECT SpanName, count(), avg(Duration) FROM stock.otel_traces WHERE ${minutes('Timestamp')} GROUP BY SpanName`,
    'five minutes of one service': `SELECT SpanName, count(), avg(Duration) FROM stock.otel_traces WHERE ServiceName = 'checkout' AND ${minutes('Timestamp')} GROUP BY SpanName`,
    'all day, one attribute': `SELECT count() FROM stock.otel_traces WHERE SpanAttributes['http.route'] = '/answers'`,
  };
  const found = {
    ours: await findings(engine, ours, { questions: own, traceIds }),
    stock: await findings(engine, stock, { questions: theirs, traceIds }),
  };
  printFindings('ours', found.ours);
  printFindings('stock', found.stock);
  return found;
}

async function run(directory: string): Promise<object> {
  await writeFile(join(directory, 'stock.json'), '');
  const load = loadavg()[0]!.toFixed(1);
  write(
    `${SPANS} spans, ${MIX}${values.content ? ', with content' : ''}; ${availableParallelism()} cores, load ${load}`,
  );
  const large = await segmentsOf(directory, SEGMENT_ROWS[0]!);
  const spans = count(large);
  const engine = await MeasuredEngine.start();
  try {
    // What the first insert of a process costs is no part of what each costs.
    await engine.insert(await engine.openStar('warm'), large.slice(0, 1));
    await engine.learnIdle();
    write(
      `engine CPU, µs a span, ${large.length} segments of up to ${SEGMENT_ROWS[0]} rows or 64 MB`,
    );
    const { costs, store } = await measureTargets(engine, large);
    const sizes = [];
    for (const rows of SEGMENT_ROWS.slice(1)) {
      const segments = await segmentsOf(directory, rows);
      const cost = await engine.insert(await engine.openStar(`rows_${rows}`), segments);
      const insertUs = microseconds(cost.insertMs, count(segments));
      const mergeUs = microseconds(cost.mergeMs, count(segments));
      sizes.push({ rows, insertUs, mergeUs });
      write(`  segments of ${rows} rows: ${insertUs.toFixed(2)}, merges ${mergeUs.toFixed(2)}`);
    }
    write('bytes a span, merged into one part each');
    const stock = await fillStock(engine, directory);
    const ours = await tableBytes(store, TARGETS, spans);
    const theirs = await tableBytes(stock, STOCK, spans);
    const sum = printTables(ours);
    printTables(theirs);
    const spansRatio = ours[0]!.bytesPerSpan / theirs[0]!.bytesPerSpan;
    const allRatio = sum / theirs[0]!.bytesPerSpan;
    const withHelper = sum / theirs.reduce((all, one) => all + one.bytesPerSpan, 0);
    write(
      `  spans ${(100 * spansRatio).toFixed(0)} % of otel_traces; all targets ${sum.toFixed(1)} B, ${(100 * allRatio).toFixed(0)} % of otel_traces, ${(100 * withHelper).toFixed(0)} % of both stock tables`,
    );
    write('finding');
    const found = await measureFinding(engine, store, stock);
    return {
      spans,
      mix: MIX,
      costs,
      sizes,
      ours,
      stock: theirs,
      spansRatio,
      allRatio,
      withHelper,
      found,
    };
  } finally {
    await engine.stop();
  }
}

const directory = await mkdtemp(join(tmpdir(), 'aicost-storage-'));
try {
  const result = await run(directory);
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
