/**
 * What the statements of the writer ask of a batch, read from their text: how many rows a table has of it, and the
 * conditions under which an insert takes any rows (begin-fence.ts, clone-guard.ts of the collector).
 */
import type { FakeTables, Target } from './fake-tables.ts';

const FROM = /FROM `?aicost`?\.`?(\w+)`?/;

/** The rows of a batch in a table, or the highest batch of a writer in a rollup; undefined for another question. */
export function countOfBatch(tables: FakeTables, sql: string): number | undefined {
  const writerId = /writer_id = '([0-9a-f]+)'/.exec(sql)?.[1];
  const table = FROM.exec(sql)?.[1] as Target | undefined;
  if (writerId === undefined || table === undefined) {
    return undefined;
  }
  const day = /to(?:Date|DateTime64)\('(\d{4}-\d\d-\d\d)'/.exec(sql)?.[1];
  if (sql.includes('max(batch_seq)')) {
    return Math.max(0, ...tables.batches(table, writerId, day));
  }
  const batchSeq = Number(/batch_seq = (\d+)/.exec(sql)?.[1]);
  return tables.count(table, { writerId, batchSeq }, day ?? '');
}

/** Why an insert takes no rows, in ClickHouse's words; undefined when it does. */
export function refusalOfInsert(tables: FakeTables, select: string): string | undefined {
  const deadline = /now64\(3\) >= fromUnixTimestamp64Milli\(toInt64\((\d+)\)\), '([^']*)'/.exec(
    select,
  );
  if (deadline !== null && tables.nowMs() >= Number(deadline[1])) {
    return deadline[2];
  }
  for (const [, question = '', told] of select.matchAll(
    /throwIf\(\((SELECT[\s\S]*?)\) > 0, '([^']*)'\)/g,
  )) {
    const claim = /\.control WHERE .* id = '([0-9a-f]+)'/.exec(question)?.[1];
    const isHeld = claim === undefined ? holdsBatch(tables, question) : tables.claims.has(claim);
    if (isHeld) return told;
  }
  return undefined;
}

/** `SELECT count() …`, or `SELECT (SELECT max(batch_seq) …) >= n`. */
function holdsBatch(tables: FakeTables, question: string): boolean {
  const least = Number(/>= (\d+)$/.exec(question)?.[1] ?? 1);
  return (countOfBatch(tables, question) ?? 0) >= least;
}
