/**
 * Traces that begin in a range, a page at a time, each with what its calls cost. All pages show what was stored when
 * the first was asked for: each trace of then comes exactly once, with the figures of then, whatever arrives meanwhile.
 * Invariant: figures are sums over the ledger; with filters, over the calls that pass them, as in a breakdown.
 */
import { z } from 'zod';
import { coverRange } from '../coverage.ts';
import { filterSql } from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, type Count, showCount } from '../figures.ts';
import { instantSql } from '../instant-sql.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant, type InstantNs, parseInstant } from '../range.ts';
import { bound, type Sql, sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store, type TenantScope } from '../tenant-scope.ts';
import {
  readTraceSums,
  showTraceSums,
  TRACE_FIGURE_SHAPE,
  type TraceFigures,
  type TraceSumsText,
  traceSumsSql,
  ZERO_TRACE_SUMS,
} from '../trace-sums.ts';
import { findPage, hasChanged, readRanges, type Sought } from './find-page.ts';
import type { TracesInput } from './input.ts';
import { filtersCalls, type KeyRow } from './page-sql.ts';
import { holdsEntries, holdsSpans, readSnapshots, type Snapshots } from './snapshots.ts';

export interface TraceRow extends TraceFigures {
  readonly trace_id: string;
  readonly start_time: string;
  readonly end_time: string;
  readonly duration_ns: Count;
  readonly services: readonly string[];
  readonly root_span_name: string | null;
  readonly spans: Count;
  readonly error_spans: Count;
  readonly models: readonly string[];
  readonly settled: boolean;
}

export interface TracesAnswer extends Provisional {
  readonly rows: readonly TraceRow[];
  readonly next_cursor: string | null;
  readonly from: string;
  readonly to: string;
}

const ROW_SCHEMA = z.object({
  trace_id: z.string(),
  start_time: z.string().describe('Of its first span.'),
  end_time: z.string().describe('Of the span that ended last.'),
  duration_ns: COUNT_SCHEMA.describe('Between the two, in nanoseconds.'),
  services: z.array(z.string()).describe('Every service that took part, by name.'),
  root_span_name: z
    .string()
    .nullable()
    .describe('Of the first span without a parent; null while none is stored.'),
  spans: COUNT_SCHEMA.describe('Stored, versions of a span one by one.'),
  error_spans: COUNT_SCHEMA.describe('Of these, spans that ended in an error.'),
  ...TRACE_FIGURE_SHAPE,
  models: z.array(z.string()).describe('Of its calls, by name.'),
  settled: z.boolean().describe('False: settle may still correct the figures.'),
});

/** An answer as a Zod schema, for documentation. */
export const TRACES_ANSWER = z.object({
  rows: z
    .array(ROW_SCHEMA)
    .describe(
      'Traces whose first span is in the range. With filters by dimension: those with a call that passes, and the figures of such calls.',
    ),
  next_cursor: z
    .string()
    .nullable()
    .describe(
      'For the next page; null after the last. All pages show what was stored when the first was asked for: each trace of then once, none twice.',
    ),
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});

type CallsRow = TraceSumsText & { readonly trace_id: string; readonly models: readonly string[] };
interface SpansRow {
  readonly trace_id: string;
  readonly services: readonly string[];
  readonly root_name: string;
  readonly spans: string;
  readonly error_spans: string;
}

/** Answers for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store throws. */
export async function answerTraces(
  store: Store,
  reader: Reader,
  input: TracesInput,
): Promise<TracesAnswer> {
  const { range, filters, nowNs, limit } = input;
  const scope = openTenantScope(store, reader, { by: [], filters });
  const [snapshots, ranges] = await Promise.all([
    input.after?.snapshots ?? readSnapshots(scope, nowNs),
    readRanges(scope, input),
  ]);
  const provisional = readProvisional(scope, { range, by: [], filters, nowNs });
  // Only the snapshot of an earlier page is so old that traces are likely to have changed since.
  const sought = { input, snapshots, ranges, rewinds: input.after !== null };
  const { keys, rows } = await readPage(scope, sought, provisional);
  await refuseExpired(scope, { coverage: coverRange(range, null), dimensions: null, nowNs });
  const last = keys[limit - 1];
  return {
    rows,
    next_cursor:
      keys.length > limit && last !== undefined
        ? input.seal({ snapshots, value: last.value, traceId: last.trace_id })
        : null,
    from: formatInstant(range.fromNs),
    to: formatInstant(range.toNs),
    ...(await provisional),
  };
}

interface FoundPage {
  /** In their order, and one more than the page has rows, if there is one. */
  readonly keys: readonly KeyRow[];
  readonly rows: readonly TraceRow[];
}

async function readPage(
  scope: TenantScope,
  sought: Sought,
  provisional: Promise<Provisional>,
): Promise<FoundPage> {
  const { input, snapshots, rewinds } = sought;
  const [keys, marked] = await Promise.all([findPage(scope, sought), provisional]);
  const shown = keys.slice(0, input.limit);
  const [rows, isStale] = await Promise.all([
    describe(scope, { input, snapshots, keys: shown, settledNs: settledNs(marked) }),
    rewinds ? false : hasChanged(scope, snapshots),
  ]);
  // What came since the snapshot may hide a trace of the page: then it is looked for as it was.
  return isStale ? readPage(scope, { ...sought, rewinds: true }, provisional) : { keys, rows };
}

function settledNs({ settled_through }: Provisional): InstantNs {
  return settled_through === null ? -1n : parseInstant(settled_through, 0n);
}

interface Page {
  readonly input: TracesInput;
  readonly snapshots: Snapshots;
  readonly keys: readonly KeyRow[];
  readonly settledNs: InstantNs;
}

async function describe(scope: TenantScope, page: Page): Promise<TraceRow[]> {
  if (page.keys.length === 0) return [];
  const [calls, spans] = await Promise.all([
    scope.query<CallsRow>(callsSql(scope, page)),
    scope.query<SpansRow>(spansSql(scope, page)),
  ]);
  const callsOf = new Map(calls.map((row) => [row.trace_id, row]));
  const spansOf = new Map(spans.map((row) => [row.trace_id, row]));
  return page.keys.map((key): TraceRow => {
    const booked = callsOf.get(key.trace_id);
    const stored = spansOf.get(key.trace_id);
    const [startNs, endNs] = [BigInt(key.start_ns), BigInt(key.end_ns)];
    return {
      trace_id: key.trace_id,
      start_time: formatInstant(startNs),
      end_time: formatInstant(endNs),
      duration_ns: showCount(endNs - startNs),
      services: stored?.services ?? [],
      root_span_name: stored?.root_name || null,
      spans: showCount(BigInt(stored?.spans ?? 0)),
      error_spans: showCount(BigInt(stored?.error_spans ?? 0)),
      ...showTraceSums(booked === undefined ? ZERO_TRACE_SUMS : readTraceSums(booked)),
      models: booked?.models ?? [],
      settled: BigInt(key.received_ns) <= page.settledNs,
    };
  });
}

/** Entries are found by the filter on trace ids, and none is before the first trace of the page. */
function callsSql(scope: TenantScope, { input, snapshots, keys }: Page): Sql {
  const filter = filtersCalls(input) ? filterSql(input.filters, 'ledger') : sql``;
  return sql`SELECT trace_id, ${traceSumsSql()},
      arraySort(arrayFilter(m -> m != '', sumMap([toString(model)], [ledger.calls]).1)) AS models
    ${scope.from('ledger')} AND ${ofPage(keys)} AND ${holdsEntries(snapshots)}${filter} GROUP BY trace_id`;
}

function spansSql(scope: TenantScope, { snapshots, keys }: Page): Sql {
  return sql`SELECT trace_id, arraySort(arrayFilter(s -> s != '', groupUniqArray(toString(service)))) AS services,
      argMinIf(toString(name), start_time, parent_span_id = '') AS root_name,
      toString(count()) AS spans, toString(countIf(status_code = 'ERROR')) AS error_spans
    ${scope.from('spans')} AND ${ofPage(keys)} AND ${holdsSpans(snapshots)} GROUP BY trace_id`;
}

function ofPage(keys: readonly KeyRow[]): Sql {
  const [first = 0n] = keys.map(({ start_ns }) => BigInt(start_ns)).sort(ascending);
  const ids = keys.map(({ trace_id }) => trace_id);
  return sql`start_time >= ${instantSql(first)} AND trace_id IN ${bound('Array(String)', ids)}`;
}

function ascending(a: bigint, b: bigint): number {
  return Number(a > b) - Number(a < b);
}
