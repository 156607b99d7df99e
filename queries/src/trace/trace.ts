/**
 * One trace: its spans as a tree in the order of reading, each with what was booked for it, alone and with all below.
 * Invariant: totals are the sum of the entries of the trace, and of the `self` of all rows.
 */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import { coverRange } from '../coverage.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, type Count, costIsUnknown, showCount } from '../figures.ts';
import { NotFoundQuestion } from '../not-found.ts';
import { PROVISIONAL_SHAPE, type Provisional } from '../provisional.ts';
import { formatInstant } from '../range.ts';
import { openTenantScope, type Reader, type Store } from '../tenant-scope.ts';
import {
  addTraceSums,
  showTraceSums,
  TRACE_FIGURE_SHAPE,
  type TraceFigures,
  type TraceSums,
  ZERO_TRACE_SUMS,
} from '../trace-sums.ts';
import type { TraceInput } from './input.ts';
import { sumsOfEntry } from './span-entries.ts';
import { SPAN_ROW_SCHEMA, type SpanRow, showSpan, type TraceSpan } from './span-row.ts';
import { placeSpans, sumSubtrees } from './span-tree.ts';
import { readStoredTrace, type StoredTrace } from './stored-trace.ts';
import { ENTRIES_MAX, SPANS_MAX, TraceTooLarge } from './trace-too-large.ts';

export interface TraceAnswer extends Provisional {
  readonly trace_id: string;
  readonly start_time: string;
  readonly end_time: string | null;
  readonly duration_ns: Count | null;
  readonly settled: boolean;
  readonly rows: readonly SpanRow[];
  readonly totals: TraceFigures;
}

/** An answer as a Zod schema, for documentation. */
export const TRACE_ANSWER = z.object({
  trace_id: z.string(),
  start_time: z.string(),
  end_time: z.string().nullable().describe('Null: no span is stored any more, only entries.'),
  duration_ns: COUNT_SCHEMA.nullable(),
  settled: z.boolean().describe('False: settle may still correct the figures.'),
  rows: z
    .array(SPAN_ROW_SCHEMA)
    .describe(
      `The tree in the order of reading: a span, then all below it; siblings by start. At most ${SPANS_MAX} spans: a larger trace is the problem trace_too_large.`,
    ),
  totals: z
    .object(TRACE_FIGURE_SHAPE)
    .describe('Sum of the entries of the trace, and of every self.'),
  ...PROVISIONAL_SHAPE,
});

/**
 * Answers for one reader. Throws NotFoundQuestion for a trace that is not the reader's as for one that never was,
 * TraceTooLarge, ForbiddenQuestion, ExpiredQuestion, and what the store throws.
 */
export async function answerTrace(
  store: Store,
  reader: Reader,
  { traceId, filters, nowNs }: TraceInput,
): Promise<TraceAnswer> {
  const scope = openTenantScope(store, reader, { by: [], filters });
  const stored = await readStoredTrace(scope, traceId, nowNs);
  const spans = joinSpans(stored);
  const first = spans
    .map(({ startNs }) => startNs)
    .sort((a, b) => Number(a > b) - Number(a < b))[0];
  if (first === undefined) throw new NotFoundQuestion();
  if (stored.spans.length > SPANS_MAX || stored.entries.length > ENTRIES_MAX) {
    throw new TraceTooLarge(traceId, first);
  }
  const { bounds } = stored;
  // The first span may have expired of which the trace's own row still tells.
  const startNs = bounds === undefined ? first : BigInt(bounds.start_ns);
  const endNs = bounds === undefined ? null : BigInt(bounds.end_ns);
  const toNs = (endNs !== null && endNs > first ? endNs : first) + 1n;
  const coverage = coverRange({ fromNs: first, toNs }, null);
  const asked = `trace_id is "${traceId}", which began at ${formatInstant(first)}`;
  await refuseExpired(scope, { coverage, dimensions: null, nowNs, asked });
  const placed = placeSpans(spans);
  const own = placed.map(({ node }) =>
    node.entries.map(sumsOfEntry).reduce(addTraceSums, ZERO_TRACE_SUMS),
  );
  const below = sumSubtrees(placed, own, addTraceSums);
  const totals = own.reduce(addTraceSums, ZERO_TRACE_SUMS);
  const settled = bounds === undefined || BigInt(bounds.received_ns) <= stored.settledNs;
  return {
    trace_id: traceId,
    start_time: formatInstant(startNs),
    end_time: endNs === null ? null : formatInstant(endNs),
    duration_ns: endNs === null ? null : showCount(endNs - startNs),
    settled,
    rows: placed.map((one, at) => showSpan(one, { self: own[at]!, subtree: below[at]! })),
    totals: showTraceSums(totals),
    settled_through: stored.settledNs === 0n ? null : formatInstant(stored.settledNs),
    provisional: provisionalOf(settled ? ZERO_TRACE_SUMS : totals),
  };
}

function provisionalOf(sums: TraceSums): Provisional['provisional'] {
  return {
    calls: showCount(sums.calls),
    unpriced_calls: showCount(sums.unpriced_calls),
    cost_usd: costIsUnknown(sums) ? null : formatUsd(sums.cost_usd),
  };
}

/** Spans by their newest version, and those of which only entries are there. */
function joinSpans({ spans, entries }: StoredTrace): TraceSpan[] {
  const versionsOf = Map.groupBy(spans, ({ span_id }) => span_id);
  const entriesOf = Map.groupBy(entries, ({ span_id }) => span_id);
  const ids = new Set([...versionsOf.keys(), ...entriesOf.keys()]);
  return [...ids].map((spanId): TraceSpan => {
    const versions = versionsOf.get(spanId) ?? [];
    const booked = entriesOf.get(spanId) ?? [];
    const stored = versions.at(-1);
    return {
      spanId,
      parentSpanId: stored?.parent_span_id ?? null,
      startNs: BigInt((stored ?? booked[0])?.start_ns ?? 0),
      versions: versions.length,
      stored,
      entries: booked,
    };
  });
}
