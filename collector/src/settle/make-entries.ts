/** Makes the entries that settle appends: charges at the price of the call's start, with fresh ids. */
import { randomBytes } from 'node:crypto';
import { NO_BUCKETS } from '../bucket-amounts.ts';
import type { Call } from '../normalise/call.ts';
import { RULES_VERSION } from '../normalise/dialects.ts';
import { type Charge, chargeOrFault } from '../price/charge-call.ts';
import type { PriceBook } from '../price/price-book.ts';
import type { CardinalityGuard } from '../rows/cardinality-guard.ts';
import { markRandomUuid } from '../rows/entry-id.ts';
import { evidenceOf, type LedgerEntry, startDayOf } from '../rows/ledger-entry.ts';
import type { DesiredEntry, EntryMaker } from './difference.ts';

/** Nothing is charged: the entry only tells why the span's tokens are not billed. */
function nothing(bookVersion: string): Charge {
  return {
    basis: '',
    listAtto: 0n,
    costAtto: 0n,
    costLowAtto: 0n,
    costHighAtto: 0n,
    byBucket: NO_BUCKETS,
    cacheSavedAtto: undefined,
    cacheMissedAtto: undefined,
    reportedAtto: undefined,
    isInexact: false,
    unpricedReason: '',
    unpricedDetail: '',
    bookVersion,
  };
}

const ID_BYTES = 16;

/** Random bytes are fetched for many entries at a time; each batch is new, because its ids are kept. */
function createEntryIds(): () => Buffer {
  let ids: Buffer = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === ids.length) {
      ids = randomBytes(ID_BYTES * 512);
      at = 0;
    }
    at += ID_BYTES;
    return markRandomUuid(ids.subarray(at - ID_BYTES, at));
  };
}

export function createEntryMaker(deps: {
  bookFor: (tenant: string) => PriceBook;
  guard: CardinalityGuard;
  nowNs: () => bigint;
  /** What stands in the note of a charge. */
  note?: string;
  /** The charge of a call, where it is known already. */
  chargeOf?: (call: Call) => Charge | undefined;
}): EntryMaker {
  const nextId = createEntryIds();
  const stamp = () => ({ entryId: nextId(), recordedAtNs: deps.nowNs() });
  return {
    stamp,
    charge({ facts, call, calls, usage }: DesiredEntry): LedgerEntry {
      const book = deps.bookFor(facts.tenant);
      const charge =
        calls === 0n
          ? nothing(book.version)
          : (deps.chargeOf?.(call) ?? chargeOrFault(book, call, facts.startNs));
      const { service, environment, provider, model, operation } = facts;
      const { feature, agent, prompt, user } = facts.attribution;
      const dimensions = {
        service,
        environment,
        provider,
        model,
        operation,
        feature,
        agent,
        prompt,
        user,
      };
      return {
        ...facts,
        evidence: evidenceOf(facts.evidence, charge),
        ...stamp(),
        kind: 'charge',
        reverses: undefined,
        calls,
        unpricedCalls: charge.costAtto === undefined ? calls : 0n,
        cachePricedCalls: charge.cacheSavedAtto === undefined ? 0n : calls,
        usage,
        charge,
        rulesVersion: RULES_VERSION,
        overLimit: deps.guard.overLimit(facts.tenant, startDayOf(facts), dimensions),
        note: deps.note ?? 'settle',
      };
    },
  };
}
