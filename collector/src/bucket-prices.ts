/** What each bucket of a call costs, by the tenant's price book: for flame graphs, which hold it against the ledger. */
import type { UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { FlamegraphRoutesDeps } from './api/flamegraph-routes.ts';
import { type ChargeLine, priceCall } from './price/price-call.ts';
import type { TenantBooks } from './price/tenant-books.ts';
import { contextOf } from './rows/append-context.ts';

/** The book that made the charges, where it can be had, else the one in force. */
export function createBucketPrices(
  books: Pick<TenantBooks, 'bookFor' | 'bookOf'>,
): FlamegraphRoutesDeps['price'] {
  return (facts, { atNs, usage }) => {
    const { tenant, provider, model } = facts;
    const book = books.bookOf(tenant, facts.bookVersion) ?? books.bookFor(tenant);
    const context = contextOf({
      service_tier: facts.serviceTier,
      batch: facts.batch,
      speed: facts.speed,
      region: facts.region,
      price_context: facts.priceContext,
    });
    const result = priceCall(book, { provider, model, atNs, usage, context });
    return result.status === 'priced' ? byKey(result.lines) : undefined;
  };
}

interface PricedQuantity {
  readonly quantity: bigint;
  readonly costAtto: bigint;
}

/** A graduated price makes several lines of one bucket; a fee is of none. */
function byKey(lines: readonly ChargeLine[]): Map<UsageKey, PricedQuantity> | undefined {
  const priced = new Map<UsageKey, PricedQuantity>();
  for (const { key, quantity, costAtto } of lines) {
    if (key === 'flat_fee' || key === 'reported_cost') return undefined;
    const before = priced.get(key) ?? { quantity: 0n, costAtto: 0n };
    priced.set(key, {
      quantity: before.quantity + quantity,
      costAtto: before.costAtto + costAtto,
    });
  }
  return priced;
}
