/**
 * One span of a trace as an answer shows it. Role and attribution are those of the charge that stands, which settle
 * decided on; where nothing was booked, what was known when the span was stored.
 */
import { z } from 'zod';
import { COUNT_SCHEMA, type Count, showCount } from '../figures.ts';
import { formatInstant } from '../range.ts';
import { showTraceSums, TRACE_FIGURE_SHAPE, type TraceSums } from '../trace-sums.ts';
import {
  ENTRY_SCHEMA,
  type EntryRow,
  showEntry,
  standingCharge,
  USAGE_SCHEMA,
} from './span-entries.ts';
import type { Placed } from './span-tree.ts';
import type { StoredEntry, StoredSpan } from './stored-trace.ts';

/** A span with what was booked for it; `stored` is its newest version, undefined where only its entries are kept. */
export interface TraceSpan {
  readonly spanId: string;
  /** Null where the span is not kept. */
  readonly parentSpanId: string | null;
  readonly startNs: bigint;
  readonly versions: number;
  readonly stored: StoredSpan | undefined;
  readonly entries: readonly StoredEntry[];
}

const ATTRIBUTION = ['agent', 'tool', 'feature', 'prompt', 'user', 'session'] as const;
const TOLD = [
  'name',
  'kind',
  'service',
  'environment',
  'status_code',
  'status_message',
  'operation',
  'provider',
  'request_model',
  'response_model',
  'response_id',
  'missing_usage_reason',
] as const;

type Texts<Names extends readonly string[]> = Record<Names[number], string | null>;

export interface SpanRow extends Texts<typeof ATTRIBUTION>, Texts<typeof TOLD> {
  readonly span_id: string | null;
  readonly parent_span_id: string | null;
  readonly depth: number;
  readonly root_reason: Placed<TraceSpan>['rootReason'];
  readonly versions: number;
  readonly start_time: string;
  readonly duration_ns: Count | null;
  readonly role: string | null;
  readonly role_reason: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly usage: Readonly<Record<string, string>>;
  readonly self: ReturnType<typeof showTraceSums>;
  readonly subtree: ReturnType<typeof showTraceSums>;
  readonly entries: readonly EntryRow[];
}

const TEXT_SCHEMA = z.string().nullable();

function textSchemas<Names extends readonly string[]>(names: Names) {
  const pairs = names.map((one: Names[number]) => [one, TEXT_SCHEMA] as const);
  return Object.fromEntries(pairs) as Record<Names[number], typeof TEXT_SCHEMA>;
}

/** A span as a Zod schema, for documentation. */
export const SPAN_ROW_SCHEMA = z.object({
  span_id: z.string().nullable(),
  parent_span_id: z.string().nullable().describe('As told; null where there is none.'),
  depth: z.int().describe('0 for a root, else one more than of its parent.'),
  root_reason: z
    .enum(['no_parent', 'parent_unknown', 'parent_cycle', 'span_not_kept'])
    .nullable()
    .describe(
      'Why it is a root: it has no parent, one that is not stored (so the subtree may belong elsewhere), or one below it; or the span is not kept, only its entries, and what its parent was is not known. Null: it is none.',
    ),
  versions: z
    .int()
    .describe('How often it was stored; the newest is shown. 0: only its entries are kept.'),
  start_time: z.string(),
  duration_ns: COUNT_SCHEMA.nullable(),
  role: z
    .string()
    .nullable()
    .describe('Who is billed: leaf is; an aggregate repeats its descendants.'),
  role_reason: z.string().nullable(),
  ...textSchemas(TOLD),
  ...textSchemas(ATTRIBUTION),
  tags: z.record(z.string(), z.string()),
  usage: USAGE_SCHEMA,
  self: z.object(TRACE_FIGURE_SHAPE).describe('Sum of the entries of this span.'),
  subtree: z.object(TRACE_FIGURE_SHAPE).describe('Of this span and all below it.'),
  entries: z.array(ENTRY_SCHEMA).describe('What was booked, in the order of booking.'),
});

/** Shows a span at its place. */
export function showSpan(
  { node, depth, rootReason }: Placed<TraceSpan>,
  { self, subtree }: { readonly self: TraceSums; readonly subtree: TraceSums },
): SpanRow {
  const { stored, entries } = node;
  const charge = standingCharge(entries);
  return {
    span_id: node.spanId || null,
    parent_span_id: node.parentSpanId || null,
    depth,
    root_reason: rootReason,
    versions: node.versions,
    start_time: formatInstant(node.startNs),
    duration_ns: stored === undefined ? null : showCount(BigInt(stored.duration_ns)),
    role: charge?.role || stored?.role || null,
    role_reason: (charge ?? stored)?.role_reason || null,
    ...textsOf(TOLD, stored),
    ...textsOf(ATTRIBUTION, charge ?? stored),
    tags: stored?.tags ?? {},
    usage: stored?.usage ?? {},
    self: showTraceSums(self),
    subtree: showTraceSums(subtree),
    entries: entries.map(showEntry),
  };
}

function textsOf<Names extends readonly string[]>(
  names: Names,
  from: Readonly<Record<Names[number], string>> | undefined,
): Texts<Names> {
  const pairs = names.map((one: Names[number]) => [one, from?.[one] || null] as const);
  return Object.fromEntries(pairs) as Texts<Names>;
}
