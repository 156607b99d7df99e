/** One entry of the ledger as plain values: everything its price depended on stands beside the amount. */
import type { AttoUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Attribution, Call, CallContext } from '../normalise/call.ts';
import { modelOf } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';

/** What an entry is about: the span, and the facts its charge rests on. Equal facts cost the same. */
export interface EntryFacts {
  tenant: string;
  /** Nanoseconds since 1970: the call's start, which decides the price and the day. */
  startNs: bigint;
  /** 32 and 16 lower-case hexadecimal digits. */
  traceId: string;
  spanId: string;
  service: string;
  environment: string;
  role: string;
  roleReason: string;
  provider: string;
  model: string;
  operation: string;
  requestModel: string;
  responseModel: string;
  responseId: string;
  context: CallContext;
  /** The full prompt of the call, which chooses long-context tiers; undefined: not told. */
  contextTokens: bigint | undefined;
  semantics: string;
  evidence: string;
  attribution: Attribution;
}

export interface LedgerEntry extends EntryFacts {
  /** 16 bytes, random. */
  entryId: Uint8Array;
  kind: 'charge' | 'reversal' | 'reprice' | 'adjustment';
  /** The entry that a reversal undoes: 16 bytes. */
  reverses: Uint8Array | undefined;
  recordedAtNs: bigint;
  /** Signed, as all quantities and amounts of an entry. */
  calls: bigint;
  unpricedCalls: bigint;
  /** Of the entry's calls those of which it is known what caches saved. */
  cachePricedCalls: bigint;
  usage: Usage;
  charge: Charge;
  rulesVersion: string;
  /** Bit i set: the rollups say `(over limit)` for dimension i (cardinality-guard.ts). */
  overLimit: number;
  note: string;
}

/** The facts of a call as its own span tells them. */
export function factsOf(
  call: Call,
  place: Pick<EntryFacts, 'tenant' | 'startNs' | 'traceId' | 'spanId' | 'service' | 'environment'>,
): EntryFacts {
  return {
    ...place,
    role: call.role,
    roleReason: call.roleReason,
    provider: call.provider,
    model: modelOf(call),
    operation: call.operation,
    requestModel: call.requestModel,
    responseModel: call.responseModel,
    responseId: call.responseId,
    context: call.context,
    contextTokens: call.usage?.inputTokens,
    semantics: call.usage?.semantics ?? '',
    evidence: call.usage?.evidence ?? '',
    attribution: call.attribution,
  };
}

/** How the usage was read, and what its price assumes beyond that. */
export function evidenceOf(read: string, { assumption }: Charge): string {
  if (assumption === undefined || read.endsWith(assumption)) {
    return read;
  }
  return read === '' ? assumption : `${read}; ${assumption}`;
}

const NS_PER_DAY = 86_400_000_000_000n;

/** The UTC day of a start, in days since 1970: the day whose segment of the journal takes the row. */
export function startDayOf({ startNs }: Pick<EntryFacts, 'startNs'>): number {
  return Number(startNs / NS_PER_DAY);
}

/** An amount with its sign changed; unknown stays unknown. */
export function negated(amount: AttoUsd | undefined): AttoUsd | undefined {
  return amount === undefined ? undefined : -amount;
}
