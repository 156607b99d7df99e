/**
 * The process that the kill test kills: a writer in small. It makes sure of the batch that may have
 * been in flight (asks every target, repairs those that lack it), then inserts batch after batch.
 * Protocol: one JSON event per line on stdout, written synchronously so that a kill loses none.
 */
import { writeSync } from 'node:fs';
import { type Engine, openEngine, readValue } from './engine.ts';
import { type Scheme, schemeStatements, TARGETS } from './schemes.ts';
import { INSERT_SETTINGS, insertSegmentSql, segmentRows } from './traffic.ts';

export interface ChildTask {
  readonly dataDir: string;
  readonly scheme: Exclude<Scheme, 'plain'>;
  readonly segmentPath: string;
  /** The batch last started before; 0 when none was, and then the tables are created. */
  readonly lastStarted: number;
  /** How many batches to insert before ending by itself. */
  readonly batches: number;
}

export type ChildEvent =
  | { readonly event: 'ready' }
  | { readonly event: 'start' | 'done'; readonly seq: number }
  | {
      readonly event: 'found';
      readonly seq: number;
      readonly missing: readonly string[];
      /** Whether every rollup equalled the ledger before the repair, and after it. */
      readonly agreedBefore: boolean;
      readonly agreedAfter: boolean;
    }
  | { readonly event: 'end'; readonly entries: string; readonly spans: string };

const WATERMARKED = new Set(['cost_hourly', 'cost_daily', 'traces']);

function tell(event: ChildEvent): void {
  writeSync(1, `${JSON.stringify(event)}\n`);
}

/** A batch is one part in each target, so it is there whole or not at all; half of it is an error. */
async function lacksBatch(engine: Engine, task: ChildTask, target: string): Promise<boolean> {
  const table = `${task.scheme}.${target}`;
  const { lastStarted: seq } = task;
  if (WATERMARKED.has(target)) {
    return Number(await readValue(engine, `SELECT max(batch_seq) FROM ${table}`)) < seq;
  }
  const kind = target === 'spans' ? 'span' : 'entry';
  const found = await readValue(engine, `SELECT count() FROM ${table} WHERE batch_seq = ${seq}`);
  const whole = await readValue(
    engine,
    `SELECT countIf(row_kind = '${kind}') FROM file('${task.segmentPath}', 'Native')`,
  );
  if (found !== '0' && found !== whole) {
    throw new Error(`${table} has ${found} of the ${whole} rows of batch ${seq}: a torn batch.`);
  }
  return found === '0';
}

/** Inserts what the target's view would have inserted: the view's own SELECT over the segment. */
async function repairTarget(engine: Engine, task: ChildTask, target: string): Promise<void> {
  const { scheme, segmentPath, lastStarted } = task;
  const select = await readValue(
    engine,
    `SELECT as_select FROM system.tables WHERE database = '${scheme}' AND name = 'to_${target}'`,
  );
  const columns = await readValue(
    engine,
    `SELECT arrayStringConcat(groupArray(name), ', ') FROM system.columns
      WHERE database = '${scheme}' AND table = '${target}'`,
  );
  const source = select.replace(`${scheme}.landing`, segmentRows(segmentPath, lastStarted));
  await engine.run(`INSERT INTO ${scheme}.${target} (${columns}) SELECT ${columns} FROM (${source})
    SETTINGS ${INSERT_SETTINGS}`);
}

/** Rollups under the names that users query, against the ledger's own rows, group by group. */
async function rollupsAgree(engine: Engine, database: string): Promise<boolean> {
  const sums = 'sum(calls), sum(coalesce(cost_usd, 0)), sum(coalesce(in_cache_read, 0))';
  const hourly = `SELECT hour, model, prompt, ${sums} FROM ${database}.cost_hourly GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
  const daily = `SELECT day, user, ${sums} FROM ${database}.cost_daily GROUP BY 1, 2 ORDER BY 1, 2`;
  const scan = `FROM ${database}.ledger GROUP BY`;
  const raw = 'SETTINGS optimize_use_projections = 0';
  const answers = await Promise.all([
    engine.rows(hourly),
    engine.rows(
      `SELECT toStartOfHour(start_time), model, prompt, ${sums} ${scan} 1, 2, 3 ORDER BY 1, 2, 3 ${raw}`,
    ),
    engine.rows(daily),
    engine.rows(`SELECT toDate(start_time), user, ${sums} ${scan} 1, 2 ORDER BY 1, 2 ${raw}`),
  ]);
  const [byHour, byHourScanned, byDay, byDayScanned] = answers.map((rows) => JSON.stringify(rows));
  return byHour === byHourScanned && byDay === byDayScanned;
}

async function makeSureOfLastBatch(engine: Engine, task: ChildTask): Promise<void> {
  const missing: string[] = [];
  for (const target of TARGETS[task.scheme]) {
    if (await lacksBatch(engine, task, target)) {
      missing.push(target);
    }
  }
  const agreedBefore = await rollupsAgree(engine, task.scheme);
  for (const target of missing) {
    await repairTarget(engine, task, target);
  }
  const agreedAfter = await rollupsAgree(engine, task.scheme);
  tell({ event: 'found', seq: task.lastStarted, missing, agreedBefore, agreedAfter });
}

async function runChild(task: ChildTask): Promise<void> {
  const engine = openEngine(task.dataDir);
  if (task.lastStarted === 0) {
    for (const statement of schemeStatements(task.scheme, task.scheme)) {
      await engine.run(statement);
    }
  } else {
    await makeSureOfLastBatch(engine, task);
  }
  tell({ event: 'ready' });
  for (let seq = task.lastStarted + 1; seq <= task.lastStarted + task.batches; seq += 1) {
    tell({ event: 'start', seq });
    await engine.run(insertSegmentSql(task.scheme, task.segmentPath, seq));
    tell({ event: 'done', seq });
  }
  const entries = await readValue(engine, `SELECT count() FROM ${task.scheme}.ledger`);
  const spans = await readValue(engine, `SELECT count() FROM ${task.scheme}.spans`);
  tell({ event: 'end', entries, spans });
  engine.close();
}

const taskText = process.argv[2];
if (taskText === undefined) {
  throw new Error('The kill test starts this file itself, with its task as JSON.');
}
await runChild(JSON.parse(taskText) as ChildTask);
