/**
 * The cost of a group of alike calls by bucket. The ledger keeps one amount a call, so each bucket's rate is asked of
 * the price book and held against the ledger: a split whose parts do not add up to the group's cost is none.
 * Invariant: the parts and what is left are the group's cost; nothing is guessed.
 */
import { divideHalfEven } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage, UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { InstantNs } from '../range.ts';

/** What a price depends on besides quantities and time, as the ledger tells it; `bookVersion` made the charges. */
export interface PriceFacts {
  readonly tenant: string;
  readonly provider: string;
  readonly model: string;
  readonly serviceTier: string;
  readonly batch: boolean;
  readonly speed: string;
  readonly region: string;
  readonly priceContext: Readonly<Record<string, string>>;
  readonly bookVersion: string;
}

/** What a quantity costs, in 1e-18 USD. */
export interface PricedQuantity {
  readonly quantity: bigint;
  readonly costAtto: bigint;
}

/** The lines of a call with this usage; undefined where the book has no price for it, or not by quantity. */
export type PriceUsage = (
  facts: PriceFacts,
  call: { readonly atNs: InstantNs; readonly usage: Usage },
) => ReadonlyMap<UsageKey, PricedQuantity> | undefined;

/** Alike calls, summed. */
export interface CallGroup {
  readonly facts: PriceFacts;
  /** The start of the first of them. */
  readonly atNs: InstantNs;
  readonly calls: bigint;
  readonly costAtto: bigint;
  readonly usage: ReadonlyMap<UsageKey, bigint>;
}

/**
 * Cost by bucket; what rounding left over is the difference to the group's cost. Null where the parts are not known:
 * prices changed within the group, some calls lie in another tier, or the amount was the provider's own.
 */
export function splitCost(
  group: CallGroup,
  price: PriceUsage,
): ReadonlyMap<UsageKey, bigint> | null {
  const { usage, calls } = group;
  if (calls <= 0n || usage.size === 0) return null;
  const probe: Usage = {};
  for (const [key, quantity] of usage) {
    if (quantity <= 0n) return null;
    // As large as one of the calls on average, so that it lies in their tier.
    probe[key] = quantity > calls ? quantity / calls : 1n;
  }
  const lines = price(group.facts, { atNs: group.atNs, usage: probe });
  if (lines === undefined) return null;
  const parts = new Map<UsageKey, bigint>();
  let left = group.costAtto;
  for (const [key, quantity] of usage) {
    const line = lines.get(key);
    if (line === undefined || line.quantity === 0n) return null;
    const part = divideHalfEven(line.costAtto * quantity, line.quantity);
    parts.set(key, part);
    left -= part;
  }
  // Each line of each call was rounded by half an atto-dollar at most.
  const roundedMax = calls * BigInt(usage.size);
  return (left < 0n ? -left : left) <= roundedMax ? parts : null;
}
