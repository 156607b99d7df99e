/** Prices as the collector has them: the book of each tenant, and what can be done with its terms. */
import type { Logger } from '../log.ts';
import type { PriceOperations } from '../price-terms.ts';
import { loadShippedBook } from './load-book.ts';
import { createPriceOperations } from './price-operations.ts';
import { TenantBooks } from './tenant-books.ts';
import type { PriceState } from './term-rows.ts';

export type OpenPrices = { readonly books: TenantBooks; readonly operations: PriceOperations };

export type OpenPricesDeps = {
  readonly state: PriceState;
  readonly log: Logger;
  readonly now: () => Date;
  readonly randomBytes: (size: number) => Uint8Array;
};

/** Nothing of the shipped book is read but its digest, until a price is asked for. */
export function openPrices({ state, log, now, randomBytes }: OpenPricesDeps): OpenPrices {
  const shipped = loadShippedBook();
  const books = new TenantBooks({
    state,
    shipped,
    onUnusable: (row, error) =>
      log.error({ err: error, ...row }, 'a row of price terms cannot be used here and is left out'),
  });
  const operations = createPriceOperations({ state, books, shipped, now, randomBytes });
  return { books, operations };
}
