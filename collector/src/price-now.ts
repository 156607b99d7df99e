/** Prices as they are now, by tenant: for work on the ledger, which recomputes charges without knowing the book. */
import { chargeOrFault } from './price/charge-call.ts';
import type { PriceBook } from './price/price-book.ts';
import type { PriceNow } from './settle/standing-amounts.ts';

export function createPriceNow(bookFor: (tenant: string) => PriceBook): PriceNow {
  return {
    versionFor: (tenant) => bookFor(tenant).version,
    charge: (tenant, call, atNs) => chargeOrFault(bookFor(tenant), call, atNs),
  };
}
