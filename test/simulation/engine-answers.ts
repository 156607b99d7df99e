/**
 * What the fake engine answers to the questions that writer and settle ask, computed from its rows. A question that is
 * not known here makes the run wrong: then the product asks something new, and the answer belongs here.
 */
import { formatDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import { createEntryBlock } from '@ai-cost-profiler/collector/rows/entry-block.ts';
import { createSpanBlock } from '@ai-cost-profiler/collector/rows/span-block.ts';
import { countOfBatch } from './engine-conditions.ts';
import { type Batch, type FakeTables, TARGETS, type Target } from './fake-tables.ts';
import type { Row, Value } from './native-reader.ts';

type Params = Readonly<Record<string, unknown>>;
type Answer = (tables: FakeTables, params: Params, sql: string) => object[];

const ROLES = ['not_llm', 'leaf', 'aggregate', 'agent_only', 'mirror', 'non_billable', 'unknown'];
const KINDS = ['', 'charge', 'reversal', 'reprice', 'adjustment'];

const ns = (row: Row, column: string): bigint => row[column] as bigint;
const inOrder = (values: readonly bigint[]) => values.toSorted((a, b) => (a < b ? -1 : 1));
const least = (values: readonly bigint[]) => inOrder(values)[0]!;
const most = (values: readonly bigint[]) => inOrder(values).at(-1)!;

/** What `traces` sums up. */
function places(rows: readonly Row[]): Record<string, unknown>[] {
  const byTrace = Map.groupBy(rows, (row) => `${row['tenant']}\n${row['trace_id']}`);
  return [...byTrace.values()].map((all) => ({
    tenant: all[0]!['tenant'],
    trace_id: all[0]!['trace_id'],
    received: most(all.map((row) => ns(row, 'received_at'))),
    first: least(all.map((row) => ns(row, 'received_at'))),
    calls: all.filter((row) => row['span_role'] !== 0).length,
    stored: String(all.length),
    resolved: Math.max(...all.map((row) => row['resolved_spans'] as number)),
    start_ns: String(least(all.map((row) => ns(row, 'start_time')))),
    end_ns: String(most(all.map((row) => ns(row, 'end_time')))),
  }));
}

/** Whether a batch is one of those that were stored after their receipt was settled. */
function isLate({ writerId, batchSeq }: Batch, { writers = [], batches = [] }: Params): boolean {
  const at = (writers as string[]).indexOf(writerId);
  return at >= 0 && batchSeq > Number((batches as bigint[])[at]);
}

/** Traces of entries that a former owner of settle recorded, and stored late. */
function owedTraces(tables: FakeTables, params: Params): Set<string> {
  const { owedWriters = [], owedFrom = 0 } = params;
  const isAsked = ({ writerId }: Batch) => (owedWriters as string[]).includes(writerId);
  const from = BigInt(Number(owedFrom)) * 1_000_000n;
  const isWithin = (row: Row) => ns(row, 'recorded_at') >= from;
  const rows = tables.rows('ledger', isAsked).filter(isWithin);
  return new Set(rows.map((row) => `${row['tenant']}\n${row['trace_id']}`));
}

function candidates(tables: FakeTables, params: Params): object[] {
  const { after, through } = params;
  const rows = tables.rows('traces');
  const isThrough = (row: Row) => ns(row, 'received_at') <= BigInt(String(through));
  const isWithin = (row: Row) => isThrough(row) && ns(row, 'received_at') > BigInt(String(after));
  const late = tables.rows('traces', (batch) => isLate(batch, params)).filter(isThrough);
  const owed = owedTraces(tables, params);
  const isOwed = (row: Row) => isThrough(row) && owed.has(`${row['tenant']}\n${row['trace_id']}`);
  const touched = new Set(
    [...rows.filter((row) => isWithin(row) || isOwed(row)), ...late].map(
      (row) => `${row['tenant']}\n${row['trace_id']}`,
    ),
  );
  return places(rows)
    .filter((place) => touched.has(`${place['tenant']}\n${place['trace_id']}`))
    .filter(
      (place) =>
        (place['received'] as bigint) <= BigInt(String(through)) && Number(place['calls']) > 0,
    )
    .map(({ received, first, ...rest }) => ({
      ...rest,
      received_ns: String(received),
      first_ns: String(first),
    }))
    .sort((a, b) => (BigInt(a.received_ns) < BigInt(b.received_ns) ? -1 : 1));
}

function landingColumns(): object[] {
  const columns = { ...createSpanBlock().columns, ...createEntryBlock().columns };
  const own = Object.entries(columns).map(([name, { type }]) => ({ table: 'landing', name, type }));
  const identity = { table: 'landing', name: 'writer_id', type: 'String' };
  return [...own, identity, { ...identity, name: 'batch_seq', type: 'UInt64' }];
}

const targetIn = (sql: string): Target => /FROM `?aicost`?\.`?(\w+)`?/.exec(sql)![1] as Target;

const QUESTIONS: readonly (readonly [string, Answer])[] = [
  ['FROM system.columns', landingColumns],
  [
    'FROM system.tables',
    () =>
      Object.entries(TARGETS).map(([name, kind]) => ({
        name: `to_${name}`,
        as_select: `SELECT * FROM aicost.landing WHERE row_kind = '${kind}'`,
      })),
  ],
  [
    'AS found',
    (tables, _params, sql) => {
      const found = countOfBatch(tables, sql);
      return found === undefined ? [] : [{ found: String(found) }];
    },
  ],
  // Nothing expires.
  ['AS seals', () => [{ seals: '0' }]],
  ['.sealed_days', () => []],
  ['now64(3)', ({ nowMs }) => [{ ms: String(Math.floor(nowMs())) }]],
  ['max(through)', ({ marks }) => [{ through: String(marks.through) }]],
  [
    'max(batch_seq) AS batch',
    (tables) =>
      [...tables.highest('traces')].map(([writer, batch]) => ({ writer, batch: String(batch) })),
  ],
  [
    'max(noted.2) AS batch',
    ({ looked }) => [...looked].map(([writer, batch]) => ({ writer, batch: String(batch) })),
  ],
  ['max(begun)', ({ marks }) => [{ begun: String(marks.begun) }]],
  ['HAVING received_ns', candidates],
  [
    'sum(spans) AS stored',
    (tables, { tenant, traceIds }) =>
      places(tables.rows('traces')).filter(
        (place) =>
          place['tenant'] === tenant && (traceIds as string[]).includes(String(place['trace_id'])),
      ),
  ],
  // No span of a scenario has a response id, a counter or a log event.
  ['SELECT DISTINCT t', () => []],
];

/** Rows as JSON objects. A question that is not known is told as a violation, and answered with nothing. */
export function answerQuery(tables: FakeTables, sql: string, params: Params): object[] {
  const known = QUESTIONS.find(([part]) => sql.includes(part));
  if (known === undefined) {
    tables.violations.push(`the fake engine does not know this question: ${sql}`);
    return [];
  }
  return known[1](tables, params, sql);
}

/** JSONCompactEachRowWithNames of spans or entries. */
export function answerRows(tables: FakeTables, sql: string, params: Params): Buffer {
  if (sql.includes('groupUniqArray')) {
    return Buffer.from('["tenant","response_id","trace_ids"]\n');
  }
  const table = targetIn(sql);
  const { tenant, traceIds, from, to } = params as Record<string, string> & { traceIds: string[] };
  const rows = tables
    .rows(table)
    .filter((row) => row['tenant'] === tenant && traceIds.includes(String(row['trace_id'])))
    .filter((row) => from === undefined || ns(row, 'start_time') >= BigInt(from))
    .filter((row) => to === undefined || ns(row, 'start_time') < BigInt(to))
    .map(table === 'spans' ? storedSpan : storedEntry);
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Columns that are not money, but decimals of this scale all the same. */
const MEASURED = /_seconds$|_hours$|^usage/;

function jsonOf(value: Value, column: string): unknown {
  const scale = column.endsWith('_usd') ? 18 : MEASURED.test(column) ? 9 : 0;
  if (typeof value === 'bigint') return formatDecimal(value, scale);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, jsonOf(one, column)]));
}

function stored(row: Row): Record<string, unknown> {
  const json = Object.entries(row).map(([name, value]) => [name, jsonOf(value, name)]);
  return {
    ...Object.fromEntries(json),
    start_ns: String(row['start_time']),
    batch: row['batch'] === 1,
  };
}

const storedSpan = (row: Row): Record<string, unknown> => ({
  ...stored(row),
  end_ns: String(row['end_time']),
  received_ns: String(row['received_at']),
  log_links: '',
  role: ROLES[row['span_role'] as number],
});

const storedEntry = (row: Row): Record<string, unknown> => ({
  ...stored(row),
  kind: KINDS[row['entry_kind'] as number],
  recorded_ns: String(row['recorded_at']),
  inexact: row['inexact'] === 1,
});
