/**
 * Repricing by the rules of now: traces of a range, some at a time, with all that hangs together with them. A span that
 * is read otherwise now becomes a newer version of itself, so that settle and verify see what the entries rest on.
 * Invariant: a group is corrected whole or left as billed, and once in a pass.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { findCuts } from '../settle/cut-groups.ts';
import { type LoadedGroup, loadGroups } from '../settle/load-groups.ts';
import { loadEntries } from '../settle/load-spans.ts';
import { SealedDays } from '../settle/sealed-days.ts';
import { type SettleSpan, spanKey } from '../settle/settle-span.ts';
import { SpanTree } from '../settle/span-tree.ts';
import { toSettleSpan } from '../settle/stored-span.ts';
import { billedCharges, type CorrectDeps, type Correction, correctGroup } from './correct-group.ts';
import type { RepriceRange } from './live-charges.ts';
import { SpanRereader, UNREADABLE, type Unreadable } from './read-again.ts';
import { readingFacts } from './reading-facts.ts';
import { loadWholeSpans, type WholeSpan } from './received-spans.ts';
import type { RepriceStep, SpanVersion } from './reprice-step.ts';
import { tracesStarted } from './traces-started.ts';

interface RulesDeps extends CorrectDeps {
  readonly store: Store;
  readonly settledThroughNs: () => Promise<bigint>;
}

interface Pass {
  readonly deps: RulesDeps;
  readonly throughNs: bigint;
  readonly rereader: SpanRereader;
  readonly sealed: SealedDays;
  /** Traces that were corrected with others: what was appended for them may not be stored yet. */
  readonly together: Set<string>;
}

const UNSETTLED = 'settle has not passed over the trace: settle first';
const EXPIRED = 'a span of the trace has expired: left as billed';

export async function* rulesSteps(
  deps: RulesDeps,
  range: RepriceRange,
): AsyncGenerator<RepriceStep> {
  const throughNs = await deps.settledThroughNs();
  const sealed = await SealedDays.read(deps.store);
  const together = new Set<string>();
  const pass = { deps, throughNs, rereader: new SpanRereader(), sealed, together };
  for await (const traces of tracesStarted(deps.store, range)) {
    yield await stepOf(pass, traces);
  }
}

async function stepOf(
  pass: Pass,
  { tenant, traceIds }: { tenant: string; traceIds: readonly string[] },
): Promise<RepriceStep> {
  const { store } = pass.deps;
  const own = await loadWholeSpans(store, { tenant, traceIds });
  const groups = await loadGroups(store, { tenant, spans: own.map(toSettleSpan) });
  const known = new Set(traceIds);
  const others = new Set(groups.flatMap(({ spans }) => spans.map(({ traceId }) => traceId)));
  const foreign = [...others].filter((id) => !known.has(id));
  const whole =
    foreign.length === 0
      ? own
      : [...own, ...(await loadWholeSpans(store, { tenant, traceIds: foreign }))];
  const rows = new Map(whole.map((row) => [versionKey(toSettleSpan(row)), row]));
  const cuts = await findCuts(store, { tenant, groups, sealed: pass.sealed });
  const cut = new Set(groups.filter((_, i) => cuts[i] !== undefined));
  const corrected = groups
    .filter((group) => isFirstSeen(tenant, group, pass.together))
    .map((group) => correct(pass, group, cut.has(group) ? undefined : rows));
  const spans = corrected.flatMap((one) => one.spans);
  const entries = corrected.flatMap(({ correction }) => correction.entries);
  return {
    charges: sum(corrected.map(({ correction }) => correction.charges)),
    changes: corrected.flatMap(({ correction }) => correction.changes),
    isAnything: spans.length + entries.length > 0,
    toAppend: () => ({ spans, entries }),
    skipped: [
      ...corrected.flatMap(({ skipped }) => skipped),
      [EXPIRED, await chargesWithoutSpans(store, { tenant, traceIds, stored: own })],
    ],
  };
}

/** Live charges of traces of which no span is stored any more. */
async function chargesWithoutSpans(
  store: Store,
  asked: { tenant: string; traceIds: readonly string[]; stored: readonly WholeSpan[] },
): Promise<number> {
  const { tenant, traceIds } = asked;
  const stored = new Set(asked.stored.map(({ trace_id: traceId }) => traceId));
  const lost = traceIds.filter((traceId) => !stored.has(traceId));
  if (lost.length === 0) {
    return 0;
  }
  const entries = await loadEntries(store, { tenant, traceIds: lost });
  return sum([...Map.groupBy(entries, spanKey).values()].map((own) => billedCharges(own).length));
}

interface Corrected {
  readonly spans: readonly SpanVersion[];
  readonly correction: Correction;
  readonly skipped: readonly (readonly [string, number])[];
}

/** Without `rows` the group is not whole any more. */
function correct(
  { deps, throughNs, rereader }: Pass,
  { spans, entries }: LoadedGroup,
  rows: ReadonlyMap<string, WholeSpan> | undefined,
): Corrected {
  const stored = new Set(spans.map(spanKey));
  const isSettled = spans.every(({ receivedAtNs }) => receivedAtNs <= throughNs);
  const isWhole = entries.every(
    (entry) => entry.kind === 'adjustment' || stored.has(spanKey(entry)),
  );
  if (rows === undefined || !isSettled || !isWhole) {
    const charges = billedCharges(entries).length;
    const correction = { entries: [], changes: [], charges };
    return {
      spans: [],
      correction,
      skipped: [[isWhole && rows !== undefined ? UNSETTLED : EXPIRED, charges]],
    };
  }
  const versions: SpanVersion[] = [];
  const unreadable: Unreadable[] = [];
  const read = new SpanTree(spans).spans.map((span) => {
    const row = rows.get(versionKey(span));
    const reading = row === undefined ? undefined : rereader.read(row, span);
    if (row === undefined || reading === undefined) return span;
    if (typeof reading === 'string') {
      unreadable.push(reading);
      return span;
    }
    // It was received when it was received; of two versions the later counts.
    const newer = { ...span, ...reading, receivedAtNs: span.receivedAtNs + 1n };
    versions.push({ span: row, reading: newer });
    return newer;
  });
  const correction = correctGroup(read, entries, deps);
  return {
    spans: versions,
    correction,
    skipped: unreadable.map((why) => [UNREADABLE[why], 1] as const),
  };
}

/** Versions of one span that are equal in all of this are read the same. */
function versionKey(span: SettleSpan): string {
  return `${spanKey(span)}/${span.receivedAtNs}/${span.endNs}/${readingFacts(span)}`;
}

/** Whether no trace of the group was corrected in this pass already; remembers those of a group of several. */
function isFirstSeen(
  tenant: string,
  { spans, entries }: LoadedGroup,
  together: Set<string>,
): boolean {
  const keys = [...new Set([...spans, ...entries].map(({ traceId }) => `${tenant}/${traceId}`))];
  const isNew = !keys.some((key) => together.has(key));
  if (keys.length > 1) {
    for (const key of keys) together.add(key);
  }
  return isNew;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((so, number) => so + number, 0);
}
