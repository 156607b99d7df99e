/**
 * Traces that came to rest since the last pass, a bounded number at a time, and the steps in which they are settled:
 * neighbours in time together, because the tables are sorted by time, and by rows, because rows are what fills memory.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { TracePlace } from './load-traces.ts';
import { type Again, againSql } from './look-again.ts';

/** A trace with LLM spans. */
export interface Candidate extends TracePlace {
  readonly tenant: string;
  /** All that is stored of it came in since the last pass. */
  readonly isNew: boolean;
  /** All that is stored of it was decided while it was taken in, and no pass may have looked at it since. */
  readonly isResolved: boolean;
}

/** Candidates received in (afterNs, throughNs], and late ones: all of them, when there were not too many. */
export interface Slice {
  readonly candidates: Candidate[];
  readonly afterNs: bigint;
  readonly throughNs: bigint;
}

/** Traces of one tenant that are looked at together. */
export interface Step {
  readonly tenant: string;
  readonly candidates: readonly Candidate[];
}

/** 250 bytes each, with what is known of their relations: 8 MB beside what a step takes. */
const CANDIDATES_MAX = 30_000;
/** About 8 MB while they are settled, and as much of the next step, which is read meanwhile. */
const ROWS_PER_STEP = 4_000;
/** A server takes parameters of 128 KiB at most: a list of as many ids is half of that. */
const TRACES_PER_STEP = 2_000;
/** One that lasts longer would make its neighbours' step read all of its time. */
const LONG_NS = 600_000_000_000n;

interface CandidateRow {
  tenant: string;
  trace_id: string;
  received_ns: string;
  first_ns: string;
  stored: string;
  resolved: number;
  start_ns: string;
  end_ns: string;
}

interface Asked extends Pick<Slice, 'afterNs' | 'throughNs'> {
  /** Up to where passes have begun, though they may have ended half way. */
  readonly begunNs: bigint;
  readonly again: Again;
}

/** Traces whose last span came in within (afterNs, throughNs], those that came to rest first. */
export async function readSlice(
  store: Store,
  { afterNs, throughNs, begunNs, again }: Asked,
): Promise<Slice> {
  const { sql: orAgain, values } = againSql(store.database, again);
  const candidates: Candidate[] = [];
  let lastNs = throughNs;
  const rows = store.queryStream<CandidateRow>(
    `SELECT tenant, trace_id, toUnixTimestamp64Nano(max(last_received_at)) AS received_ns,
       toUnixTimestamp64Nano(min(first_received_at)) AS first_ns, sum(spans) AS stored,
       max(resolved_spans) AS resolved, toUnixTimestamp64Nano(min(start_time)) AS start_ns, toUnixTimestamp64Nano(max(end_time)) AS end_ns
     FROM ${store.database}.traces
     WHERE (tenant, trace_id) IN (
       SELECT tenant, trace_id FROM ${store.database}.traces
       WHERE last_received_at <= fromUnixTimestamp64Nano({through:Int64})
         AND (last_received_at > fromUnixTimestamp64Nano({after:Int64})${orAgain}))
     GROUP BY tenant, trace_id
     HAVING received_ns <= {through:Int64} AND sum(llm_spans) > 0
     ORDER BY received_ns LIMIT ${CANDIDATES_MAX} WITH TIES`,
    { after: String(afterNs), through: String(throughNs), ...values },
    { timeoutMs: 3_600_000 },
  );
  for await (const row of rows) {
    const before = candidates.at(-1)?.tenant;
    // One text for neighbours of one tenant, instead of one each.
    const tenant = row.tenant === before ? before : row.tenant;
    candidates.push(toCandidate({ ...row, tenant }, { afterNs, begunNs }));
    lastNs = BigInt(row.received_ns);
  }
  const isCut = candidates.length >= CANDIDATES_MAX;
  return { candidates, afterNs, throughNs: isCut ? lastNs : throughNs };
}

function toCandidate(
  row: CandidateRow,
  { afterNs, begunNs }: { afterNs: bigint; begunNs: bigint },
): Candidate {
  const firstNs = BigInt(row.first_ns);
  return {
    tenant: row.tenant,
    traceId: row.trace_id,
    spans: Number(row.stored),
    startNs: BigInt(row.start_ns),
    endNs: BigInt(row.end_ns),
    isNew: firstNs > afterNs,
    isResolved: Number(row.stored) === row.resolved && firstNs > afterNs && firstNs > begunNs,
  };
}

/** In the order of tenants, and of time. */
export function* stepsOf(candidates: readonly Candidate[]): Generator<Step> {
  let open: Candidate[] = [];
  let rows = 0;
  for (const candidate of candidates.toSorted(byPlace)) {
    const [first] = open;
    const isFull = rows + candidate.spans > ROWS_PER_STEP || open.length === TRACES_PER_STEP;
    const isOther =
      first !== undefined &&
      (first.tenant !== candidate.tenant || isLong(first) !== isLong(candidate));
    if (first !== undefined && (isFull || isOther)) {
      yield stepOf(open);
      open = [];
      rows = 0;
    }
    open.push(candidate);
    rows += candidate.spans;
  }
  if (open.length > 0) {
    yield stepOf(open);
  }
}

function stepOf(candidates: readonly Candidate[]): Step {
  return { tenant: candidates[0]!.tenant, candidates };
}

function isLong({ startNs, endNs }: Candidate): boolean {
  return endNs - startNs > LONG_NS;
}

function byPlace(a: Candidate, b: Candidate): number {
  if (a.tenant !== b.tenant) {
    return a.tenant < b.tenant ? -1 : 1;
  }
  const byLength = Number(isLong(a)) - Number(isLong(b));
  return byLength !== 0 ? byLength : a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : 0;
}
