/**
 * Settle is a subtraction: what the entries of a span should sum to, less what they do sum to. A zero difference
 * appends nothing, so settling twice, or after a crash in the middle, converges to the same sums.
 */
import { USAGE_KEYS, type Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { negatedBuckets } from '../bucket-amounts.ts';
import type { Attribution, Call } from '../normalise/call.ts';
import { type EntryFacts, type LedgerEntry, negated } from '../rows/ledger-entry.ts';
import { surplusReversals } from './surplus-reversals.ts';

/** What a span's entries should say. */
export interface DesiredEntry {
  facts: EntryFacts;
  /** The call, for its price. */
  call: Call;
  /** 1 for a billed call, 0 for usage that stays visible unbilled. */
  calls: bigint;
  usage: Usage;
}

/** What appending needs besides the facts. */
export interface EntryMaker {
  /** The charge that these facts come to now. */
  charge(desired: DesiredEntry): LedgerEntry;
  /** A fresh id and instant for a reversal. */
  stamp(): Pick<LedgerEntry, 'entryId' | 'recordedAtNs'>;
}

/** Entries that bring a span from what stands in the ledger to what should stand there; none when it does. */
export function entriesToAppend(
  desired: DesiredEntry | undefined,
  standing: readonly LedgerEntry[],
  maker: EntryMaker,
): LedgerEntry[] {
  if (standing.length === 0) {
    return desired === undefined ? [] : [maker.charge(desired)];
  }
  const live = liveEntries(standing);
  const surplus = surplusReversals(standing);
  const charges = live.filter(({ kind }) => kind === 'charge');
  const isRight =
    desired === undefined
      ? charges.length === 0
      : charges.length === 1 && isSameFacts(charges[0]!, desired);
  const wrong = isRight ? surplus : [...surplus, ...live];
  const reversals = wrong.map((entry) => reversalOf(entry, maker.stamp()));
  if (isRight) {
    return reversals;
  }
  return desired === undefined ? reversals : [...reversals, maker.charge(desired)];
}

/** Charges and reprices that no reversal names. What a person adjusted is theirs to undo. */
export function liveEntries(standing: readonly LedgerEntry[]): LedgerEntry[] {
  const undone = new Set(
    standing.flatMap(({ reverses }) => (reverses === undefined ? [] : [hex(reverses)])),
  );
  return standing.filter(
    ({ kind, entryId }) => (kind === 'charge' || kind === 'reprice') && !undone.has(hex(entryId)),
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The exact negative of an entry, under the same dimensions. */
export function reversalOf(
  entry: LedgerEntry,
  stamp: Pick<LedgerEntry, 'entryId' | 'recordedAtNs'>,
): LedgerEntry {
  const { charge } = entry;
  const usage: Usage = {};
  for (const key of Object.keys(entry.usage) as (keyof Usage)[]) {
    usage[key] = -entry.usage[key]!;
  }
  return {
    ...entry,
    ...stamp,
    kind: 'reversal',
    reverses: entry.entryId,
    calls: -entry.calls,
    unpricedCalls: -entry.unpricedCalls,
    cachePricedCalls: -entry.cachePricedCalls,
    usage,
    charge: {
      ...charge,
      listAtto: negated(charge.listAtto),
      costAtto: negated(charge.costAtto),
      costLowAtto: negated(charge.costLowAtto),
      costHighAtto: negated(charge.costHighAtto),
      byBucket: negatedBuckets(charge.byBucket),
      cacheSavedAtto: negated(charge.cacheSavedAtto),
      cacheMissedAtto: negated(charge.cacheMissedAtto),
      reportedAtto: negated(charge.reportedAtto),
    },
    note: 'settle',
  };
}

/** As chargeFacts would tell, in the order in which most differ: most spans stand as they should, and are many. */
function isSameFacts(entry: LedgerEntry, desired: DesiredEntry): boolean {
  const { facts } = desired;
  return (
    entry.calls === desired.calls &&
    FACT_NAMES.every((name) => entry[name] === facts[name]) &&
    USAGE_KEYS.every((key) => entry.usage[key] === desired.usage[key]) &&
    isSameRecord(entry.context, facts.context) &&
    isSameAttribution(entry.attribution, facts.attribution)
  );
}

const FACT_NAMES = [
  'role',
  'service',
  'environment',
  'provider',
  'model',
  'operation',
  'requestModel',
  'responseModel',
  'responseId',
  'startNs',
  'semantics',
] as const satisfies readonly (keyof EntryFacts)[];

function isSameAttribution(
  { tags: a, ...first }: Attribution,
  { tags: b, ...second }: Attribution,
): boolean {
  return isSameRecord(first, second) && sortedTags(a) === sortedTags(b);
}

function sortedTags(tags: Attribution['tags']): string {
  return tags.length === 0 ? '' : JSON.stringify(tags.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isSameRecord(a: object, b: object): boolean {
  const [first, second] = [a, b] as Record<string, unknown>[];
  return (
    Object.keys(a).every((key) => first![key] === second![key]) &&
    Object.keys(b).every((key) => first![key] === second![key])
  );
}

/**
 * Facts that a charge rests on, as pairs of column and value in a fixed order; the words of a reason and the versions
 * used are not among them.
 */
export function chargeFacts(
  facts: EntryFacts,
  { calls, usage }: { calls: bigint; usage: Usage },
): [string, string][] {
  const { context, attribution } = facts;
  const { tags, ...whom } = attribution;
  const sortedTags = tags.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    ['role', facts.role],
    ['service', facts.service],
    ['environment', facts.environment],
    ['provider', facts.provider],
    ['model', facts.model],
    ['operation', facts.operation],
    ['request_model', facts.requestModel],
    ['response_model', facts.responseModel],
    ['response_id', facts.responseId],
    ['start_time', facts.startNs.toString()],
    ['semantics', facts.semantics],
    ['calls', calls.toString()],
    ...pairsOf(context),
    ...pairsOf(whom),
    ['tags', JSON.stringify(sortedTags)],
    ...USAGE_KEYS.flatMap((key): [string, string][] =>
      usage[key] === undefined ? [] : [[key, usage[key].toString()]],
    ),
  ];
}

/** Pairs in the order of their keys, absent ones left out; `promptVersion` is the column prompt_version. */
function pairsOf(record: object): [string, string][] {
  return Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]): [string, string] => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      String(value),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
