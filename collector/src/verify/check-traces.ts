/** The traces of one day whose calls are stored, a bounded number at a time: their spans against their entries. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { findCuts } from '../settle/cut-groups.ts';
import { type LoadedGroup, loadGroups } from '../settle/load-groups.ts';
import { loadTraces, readPlaces } from '../settle/load-traces.ts';
import type { SealedDays } from '../settle/sealed-days.ts';
import type { SettleSpan } from '../settle/settle-span.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import { type GroupRules, groupDifference } from './group-differences.ts';
import { type Difference, Skipped } from './report.ts';

const TRACES_PER_STEP = 1_000;
const CUT = 'entries of traces of which a part has expired: not recomputed';
const NS_PER_MS = 1_000_000n;

/** Traces of one tenant that have calls on a day. */
export interface TraceStep {
  readonly tenant: string;
  readonly day: string;
  readonly traceIds: readonly string[];
}

/** What a step came to. */
export interface StepResult {
  readonly difference: Difference | null;
  readonly traces: number;
  readonly skipped: Skipped;
}

/** Of tenants whose spans of the day have not expired. */
export async function* traceSteps(
  store: Store,
  day: string,
  expired: readonly string[],
): AsyncGenerator<TraceStep> {
  const rows = store.queryStream<{ tenant: string; trace_id: string }>(
    `SELECT tenant, trace_id FROM ${store.database}.spans
     WHERE toDate(start_time) = {day:Date} AND role != 'not_llm' AND tenant NOT IN {expired:Array(String)}
     GROUP BY tenant, trace_id ORDER BY tenant, min(start_time), trace_id`,
    { day, expired },
    CHECK_OPTIONS,
  );
  let tenant = '';
  let traceIds: string[] = [];
  for await (const row of rows) {
    if (traceIds.length >= TRACES_PER_STEP || (traceIds.length > 0 && row.tenant !== tenant)) {
      yield { tenant, day, traceIds };
      traceIds = [];
    }
    tenant = row.tenant;
    traceIds.push(row.trace_id);
  }
  if (traceIds.length > 0) {
    yield { tenant, day, traceIds };
  }
}

/** Compares the traces of a step that have their first call on its day: the others were looked at on theirs. */
export async function checkStep(
  store: Store,
  step: TraceStep,
  rules: Omit<GroupRules, 'skipped'> & { settledThroughNs: bigint; sealed: SealedDays },
): Promise<StepResult> {
  const skipped = new Skipped();
  const spans = await loadWhole(store, step);
  const own = new Set(
    [...Map.groupBy(spans, ({ traceId }) => traceId)]
      .filter(([, trace]) => firstCallDay(trace) === step.day)
      .map(([traceId]) => traceId),
  );
  const mine = spans.filter(({ traceId }) => own.has(traceId));
  const { tenant } = step;
  const groups = await loadGroups(store, { tenant, spans: mine });
  const cuts = await findCuts(store, { tenant, groups, sealed: rules.sealed });
  for (const [i, group] of groups.entries()) {
    if (cuts[i] !== undefined) {
      skipped.add(CUT, group.entries.length);
      continue;
    }
    const isSettled = isSettledThrough(group, rules.settledThroughNs);
    const found = groupDifference({ ...group, isSettled }, own, { ...rules, skipped });
    if (found !== null) {
      return { difference: found, traces: own.size, skipped };
    }
  }
  return { difference: null, traces: own.size, skipped };
}

/** Every span of the traces. */
async function loadWhole(store: Store, { tenant, traceIds }: TraceStep): Promise<SettleSpan[]> {
  const traces = await readPlaces(store, { tenant, traceIds });
  return loadTraces(store, { tenant, traces });
}

function firstCallDay(trace: readonly SettleSpan[]): string | undefined {
  const starts = trace.filter(({ call }) => call !== undefined).map(({ startNs }) => startNs);
  const [first] = starts.sort((a, b) => (a < b ? -1 : 1));
  return first === undefined
    ? undefined
    : new Date(Number(first / NS_PER_MS)).toISOString().slice(0, 10);
}

function isSettledThrough({ spans }: LoadedGroup, throughNs: bigint): boolean {
  return spans.every(({ receivedAtNs }) => receivedAtNs <= throughNs);
}
