/** Prices as they are and as they were, by tenant: for work on the ledger, which recomputes charges. */
import { chargeOrFault } from './price/charge-call.ts';
import type { TenantBooks } from './price/tenant-books.ts';
import type { PriceNow } from './settle/standing-amounts.ts';

export function createPriceNow(books: Pick<TenantBooks, 'bookFor' | 'bookOf'>): PriceNow {
  return {
    charge: (tenant, call, atNs) => chargeOrFault(books.bookFor(tenant), call, atNs),
    chargeBy(version, tenant, call, atNs) {
      const book = books.bookOf(tenant, version);
      return book === undefined ? undefined : chargeOrFault(book, call, atNs);
    },
  };
}
