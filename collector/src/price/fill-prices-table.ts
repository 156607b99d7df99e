/**
 * Keeps the table `prices` filled with the book in force, in the background: nothing waits for it.
 * Invariant: a version is inserted whole or not at all (one insert is one block, which is one part),
 * so that one row of it says that all are there.
 */
import type { Logger } from '../log.ts';
import type { PriceBook } from './price-book.ts';
import { type PriceTableRow, priceTableRows } from './price-table-rows.ts';

export type PricesTable = {
  readonly database: string;
  query<Row>(sql: string, params: Record<string, unknown>): Promise<Row[]>;
  insertRows(
    table: string,
    rows: readonly object[],
    options: { readonly settings: Record<string, string | number> },
  ): Promise<void>;
};

export type FillDeps = {
  readonly table: PricesTable;
  /** The book below every tenant's own terms: those are nobody else's business. */
  readonly book: () => PriceBook;
  readonly now: () => Date;
  readonly log: Logger;
};

/** One reader and no limit below the whole book: with more, an insert may become several parts. */
const ONE_BLOCK = { input_format_parallel_parsing: 0, max_insert_block_size: 10_000_000 };

/** Files of the book are read on the way; between two, requests get their turn. */
const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function allRows(book: PriceBook, loadedAt: string): Promise<PriceTableRow[]> {
  const rows: PriceTableRow[] = [];
  for (const provider of book.providers()) {
    rows.push(...priceTableRows(book, provider, loadedAt));
    await othersFirst();
  }
  return rows;
}

/** Inserts the book's version unless it is there. Resolves with the number of rows inserted. */
async function fillPricesTable({ table, book, now }: FillDeps): Promise<number> {
  const current = book();
  const found = await table.query<object>(
    `SELECT 1 AS found FROM {db:Identifier}.prices WHERE book_version = {version:String} LIMIT 1`,
    { db: table.database, version: current.version },
  );
  if (found.length > 0) return 0;
  const rows = await allRows(current, now().toISOString());
  await table.insertRows('prices', rows, { settings: ONE_BLOCK });
  return rows.length;
}

export type PricesTableFiller = { stop(): Promise<void> };

/** How soon a book that was imported, or a fault that went away, is noticed. */
const CHECK_INTERVAL_MS = 10_000;

/** Fills the table now and again whenever the book became another one. */
export function keepPricesTable(deps: FillDeps, intervalMs = CHECK_INTERVAL_MS): PricesTableFiller {
  let filled = '';
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running = Promise.resolve();
  const check = async (): Promise<void> => {
    try {
      const { version } = deps.book();
      if (version !== filled) {
        const rows = await fillPricesTable(deps);
        if (rows > 0)
          deps.log.info(
            { rows, book_version: version },
            'the price book was loaded into the table prices',
          );
        filled = version;
      }
    } catch (error) {
      deps.log.warn({ err: error }, 'the table prices was not filled; trying again');
    }
    if (!isStopped) timer = setTimeout(go, intervalMs).unref();
  };
  const go = (): void => {
    running = check();
  };
  go();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
