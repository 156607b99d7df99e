/**
 * A group of traces against its entries, pure. Where settle has passed, the entries must be those that settle wants;
 * where it has not, each leaf must have its charge, and each charge must be that of its own span.
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Call } from '../normalise/call.ts';
import { factsOf, type LedgerEntry } from '../rows/ledger-entry.ts';
import { callOfEntry } from '../settle/call-of-entry.ts';
import { desiredEntries } from '../settle/desired-entries.ts';
import { chargeFacts, type DesiredEntry, liveEntries } from '../settle/difference.ts';
import { resolveRoles } from '../settle/resolve-roles.ts';
import { type SettleSpan, spanKey } from '../settle/settle-span.ts';
import type { PriceNow } from '../settle/standing-amounts.ts';
import { logEventsOf, toldVersions } from '../settle/told-by-events.ts';
import { type Unequal, unequalCharge } from './charge-differences.ts';
import type { Difference, Skipped } from './report.ts';

export interface GroupToCheck {
  readonly spans: readonly SettleSpan[];
  readonly entries: readonly LedgerEntry[];
  /** Whether settle has seen every span of the group. */
  readonly isSettled: boolean;
}

export interface GroupRules {
  readonly price: PriceNow;
  /** Charges that were read by other rules are compared in their amounts only. */
  readonly rulesVersion: string;
  readonly skipped: Skipped;
}

/** One span in all its versions, and what stands for it. */
interface SpanToCheck {
  versions: readonly SettleSpan[];
  /** The log events of its group: one of them may tell its call better (settle/told-by-events.ts). */
  events: readonly SettleSpan[];
  charges: readonly LedgerEntry[];
  live: readonly LedgerEntry[];
  entries: readonly LedgerEntry[];
}

type Found = (Unequal & { where?: Difference['where'] }) | null;

/** The first difference in a group. `traceIds` are those to look at: other traces of the group may not be whole. */
export function groupDifference(
  group: GroupToCheck,
  traceIds: ReadonlySet<string>,
  rules: GroupRules,
): Difference | null {
  const desired = group.isSettled ? desiredEntries(resolveRoles(group.spans)) : undefined;
  const versionsOf = Map.groupBy(group.spans, spanKey);
  const events = logEventsOf(group.spans);
  const entriesOf = Map.groupBy(group.entries, spanKey);
  for (const key of new Set([...versionsOf.keys(), ...entriesOf.keys()])) {
    const versions = versionsOf.get(key) ?? [];
    const entries = entriesOf.get(key) ?? [];
    const place = versions[0] ?? entries[0]!;
    if (traceIds.has(place.traceId)) {
      const live = liveEntries(entries);
      const charges = live.filter(({ kind }) => kind === 'charge');
      const span = { versions, events, entries, live, charges };
      const found =
        wrongTotals(versions) ??
        (desired === undefined
          ? openDifference(span, rules)
          : settledDifference(span, desired.get(key), rules));
      if (found !== null) {
        const { tenant, traceId, spanId, startNs } = place;
        const day = new Date(Number(startNs / 1_000_000n)).toISOString().slice(0, 10);
        return { where: 'ledger', tenant, trace_id: traceId, span_id: spanId, day, ...found };
      }
    }
  }
  return null;
}

/** Σ in_* and Σ out_* of a stored span are the totals stored beside them. */
function wrongTotals(versions: readonly SettleSpan[]): Found {
  for (const { call } of versions) {
    const usage = call?.usage;
    if (usage === undefined) {
      continue;
    }
    const totals = [
      ['input_tokens', usage.inputTokens, INPUT_BUCKETS],
      ['output_tokens', usage.outputTokens, OUTPUT_BUCKETS],
    ] as const;
    for (const [total, told, keys] of totals) {
      const sum = keys.reduce((so, key) => so + (usage.buckets[key] ?? 0n), 0n);
      if (sum !== (told ?? 0n)) {
        const cause = `The buckets of the span do not add up to its ${total}: spans.usage or spans.${total} was changed.`;
        return {
          where: 'spans',
          column: 'usage',
          expected: String(told ?? 0n),
          found: String(sum),
          cause,
        };
      }
    }
  }
  return null;
}

function settledDifference(
  span: SpanToCheck,
  desired: DesiredEntry | undefined,
  rules: GroupRules,
): Found {
  const { charges, live } = span;
  if (charges.some(({ rulesVersion }) => rulesVersion !== rules.rulesVersion)) {
    rules.skipped.add(
      'charges read by other rules: roles and usage are not recomputed',
      charges.length,
    );
    return amountsOfOwn(span, rules);
  }
  if (desired === undefined) {
    const [first] = live;
    const cause = 'The span is not to be billed, and yet an entry stands for it.';
    return first === undefined
      ? null
      : { column: 'calls', expected: null, found: String(first.calls), cause };
  }
  const [charge, ...more] = charges;
  if (charge === undefined) {
    const cause = `Settle has passed, and the span has no live entry: as ${desired.facts.role} it wants one.`;
    return { column: 'calls', expected: String(desired.calls), found: null, cause };
  }
  if (more.length > 0) {
    const cause = 'Several charges stand for one call after settle has passed.';
    return {
      column: 'calls',
      expected: String(desired.calls),
      found: String(charges.length),
      cause,
    };
  }
  return (
    unequalFacts(charge, desired, rules) ??
    unequalCharge({ call: desired.call, charge, live }, rules.price, rules.skipped)
  );
}

/** Not settled yet: a span may have been charged once for each time it came with other bytes. */
function openDifference(span: SpanToCheck, rules: GroupRules): Found {
  const { versions, charges, entries } = span;
  const isLeaf = versions.some(({ call }) => call?.role === 'leaf');
  if (isLeaf && !entries.some(({ kind }) => kind === 'charge')) {
    const cause = 'A call was stored without its charge: its entry was lost.';
    return { column: 'calls', expected: '1', found: null, cause };
  }
  if (charges.length > versions.length) {
    const cause = 'More charges than versions of the span: an entry is there twice.';
    return {
      column: 'calls',
      expected: String(versions.length),
      found: String(charges.length),
      cause,
    };
  }
  return amountsOfOwn(span, rules);
}

/** Each charge against the version of its span that it was made from, told by itself or by an event of its group. */
function amountsOfOwn({ versions, events, charges, live }: SpanToCheck, rules: GroupRules): Found {
  for (const charge of charges) {
    const calls = versions
      .filter((span) => span.call !== undefined)
      .toSorted((a, b) => (a.receivedAtNs < b.receivedAtNs ? -1 : 1));
    const isOwn = (span: SettleSpan) => ownKey(wantedOf(span, charge)) === ownKey(charge);
    const own = calls.find(isOwn) ?? toldVersions(calls, events).find(isOwn) ?? calls.at(-1);
    if (own?.call === undefined) {
      const cause = 'An entry bills a span that is no call.';
      return { column: 'span_id', expected: null, found: charge.spanId, cause };
    }
    // Repricings of several charges cannot be told apart; settle will leave one.
    const standing = charges.length === 1 ? live : [charge];
    const found =
      unequalFacts(charge, wantedOf(own, charge), rules) ??
      unequalCharge({ call: own.call, charge, live: standing }, rules.price, rules.skipped);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/**
 * What the charge of this version would say; role and attribution are left as the entry has them: settle decides
 * them.
 */
function wantedOf(span: SettleSpan, charge: LedgerEntry): DesiredEntry {
  const call = span.call!;
  const { role, roleReason, attribution, calls } = charge;
  const facts = { ...factsOf(call, span), role, roleReason, attribution };
  return { facts, call, calls, usage: calls === 0n ? {} : (call.usage?.buckets ?? {}) };
}

function ownKey(entry: DesiredEntry | LedgerEntry): string {
  return JSON.stringify(
    'facts' in entry ? chargeFacts(entry.facts, entry) : chargeFacts(entry, entry),
  );
}

/** The first fact in which an entry and its span differ, and which of the two is more likely the changed one. */
function unequalFacts(charge: LedgerEntry, desired: DesiredEntry, { price }: GroupRules): Found {
  const wanted = new Map(chargeFacts(desired.facts, desired));
  const found = new Map(chargeFacts(charge, charge));
  const column = [...new Set([...wanted.keys(), ...found.keys()])].find(
    (name) => wanted.get(name) !== found.get(name),
  );
  if (column === undefined) {
    return null;
  }
  const values = { column, expected: wanted.get(column) ?? null, found: found.get(column) ?? null };
  if (
    column in (desired.call.usage?.buckets ?? {}) &&
    followsFromItself(charge, desired.call, price)
  ) {
    const cause = `The ledger's amounts follow from its own quantities, and the rollups agree with it: spans.usage was changed.`;
    return { where: 'spans', ...values, column: 'usage', cause: `${cause} (${column})` };
  }
  const cause =
    column === 'role'
      ? 'Settle gives the span another role than its entry has.'
      : 'The entry says something else than its span: one of the two was changed, or settle has not brought it over.';
  return { ...values, cause };
}

function followsFromItself(charge: LedgerEntry, call: Call, price: PriceNow): boolean {
  const own = price.chargeBy(
    charge.charge.bookVersion,
    charge.tenant,
    callOfEntry(charge, call.usage?.alternative),
    charge.startNs,
  );
  return (
    own !== undefined &&
    own.costAtto === charge.charge.costAtto &&
    own.listAtto === charge.charge.listAtto
  );
}
