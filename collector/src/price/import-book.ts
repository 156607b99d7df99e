/**
 * A newer price book in one file: `{"format":"aicost-price-book-1","layers":[{"name","providers":[…]}]}`,
 * the layers the most binding first. It stands in, provider by provider, for the shipped book
 * wherever it was checked on the same day or later. Checked whole before it is taken.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { PRICE_BOOK_FILE, PRICE_BOOK_FORMAT } from '../price-terms.ts';
import { bookVersion, entryFingerprints, newestCheck } from './book-digest.ts';
import { PriceBookError, type ProviderBook, parseProviderBook } from './book-schema.ts';
import { type BookFile, type BookFinding, checkBook } from './check-book.ts';
import type { ShippedBook } from './load-book.ts';
import type { BookLayer } from './price-book.ts';
import { bookProvider } from './provider-names.ts';

export const IMPORT_KIND = 'price_import';
/** Of the row that holds it; every collector keeps every row. */
export const IMPORT_PAYLOAD_CHARS_MAX = 8 * 1024 * 1024;
/** Unpacked: a row could otherwise unfold to any size. */
const IMPORT_BYTES_MAX = 64 * 1024 * 1024;

const payloadSchema = z.object({ format: z.literal(PRICE_BOOK_FORMAT), gzip: z.base64() });

export type ImportedBook = {
  readonly version: string;
  readonly layers: readonly {
    readonly name: string;
    readonly books: ReadonlyMap<string, ProviderBook>;
  }[];
  /** The newest day on which a price was checked, by provider. */
  readonly checkedAt: ReadonlyMap<string, string>;
};

/** Reads a book from parsed JSON. Throws PriceBookError naming layer, provider and field. */
export function readImport(value: unknown): ImportedBook {
  const file = PRICE_BOOK_FILE.safeParse(value);
  if (!file.success) {
    const issue = file.error.issues[0];
    const field = issue?.path.join('.') || 'the file';
    throw new PriceBookError(
      `price book: ${field}: ${issue?.message}; expected a file of format "${PRICE_BOOK_FORMAT}"`,
    );
  }
  const layers = file.data.layers.map(({ name, providers }) => ({
    name,
    books: readProviders(name, providers),
  }));
  const files = new Map(
    layers.flatMap(({ name, books }) =>
      [...books].map(([provider, book]) => [`${name}/${provider}`, book] as const),
    ),
  );
  const checkedAt = new Map<string, string>();
  for (const book of files.values()) {
    const day = newestCheck(book);
    if (day >= (checkedAt.get(book.provider) ?? '')) checkedAt.set(book.provider, day);
  }
  return { version: `i${bookVersion(files)}`, layers, checkedAt };
}

function readProviders(layer: string, providers: readonly unknown[]): Map<string, ProviderBook> {
  const books = new Map<string, ProviderBook>();
  for (const [at, value] of providers.entries()) {
    const book = parseProviderBook(value, `layers ${layer} providers.${at}`);
    const { provider } = book;
    if (bookProvider(provider) !== provider || provider === '*' || books.has(provider)) {
      throw new PriceBookError(
        `price book layers ${layer} providers.${at}: provider is "${provider}", expected one provider's name in the book, once a layer`,
      );
    }
    books.set(provider, book);
  }
  return books;
}

/** Providers for which an import stands in, and those of which the shipped book is newer. */
export function standsInFor(
  imported: ImportedBook,
  shipped: ShippedBook,
): { inForce: string[]; older: string[] } {
  const isNewer = ([provider, day]: readonly [string, string]) =>
    day >= (shipped.digest.checked_at[provider] ?? '');
  const all = [...imported.checkedAt].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    inForce: all.filter(isNewer).map(([provider]) => provider),
    older: all.filter((one) => !isNewer(one)).map(([provider]) => provider),
  };
}

/** The layers of the book with an import in it. */
export function layersWith(imported: ImportedBook, shipped: ShippedBook): BookLayer[] {
  const standsIn = new Set(standsInFor(imported, shipped).inForce);
  const own = imported.layers.map(({ books }) => ({
    providers: new Map(
      [...books]
        .filter(([provider]) => standsIn.has(provider))
        .map(([provider, book]) => [provider, () => book] as const),
    ),
  }));
  const rest = shipped.layers.map(({ providers }) => ({
    providers: new Map([...providers].filter(([provider]) => !standsIn.has(provider))),
  }));
  return [...own, ...rest];
}

/** Every finding in an import, read together with the shipped files that stay in force beside it. */
export function checkImport(imported: ImportedBook, shipped: ShippedBook): BookFinding[] {
  const standsIn = new Set(standsInFor(imported, shipped).inForce);
  const own: BookFile[] = imported.layers.flatMap(({ name, books }) =>
    [...books.values()].map((book) => ({ layer: `import:${name}`, book })),
  );
  const beside: BookFile[] = shipped.layers.flatMap(({ providers }) =>
    [...providers]
      .filter(([provider]) => !standsIn.has(provider))
      .map(([, book]) => ({ layer: 'shipped', book: book() })),
  );
  const findings = checkBook([...own, ...beside]);
  return [
    ...findings.filter(({ where }) => where.startsWith('import:')),
    ...[...standsIn].flatMap((provider) => lostFrom(provider, imported, shipped)),
  ];
}

/** Published entries are facts of the past: a newer book that lacks some would change old costs. */
function lostFrom(provider: string, imported: ImportedBook, shipped: ShippedBook): BookFinding[] {
  const kept = new Set(
    imported.layers.flatMap(({ books }) => {
      const book = books.get(provider);
      return book === undefined ? [] : entryFingerprints(book).split(' ');
    }),
  );
  const published = Object.entries(shipped.digest.entries)
    .filter(([file]) => file.slice(file.indexOf('/') + 1) === provider)
    .flatMap(([, fingerprints]) => fingerprints.split(' ').filter((print) => print !== ''));
  const lost = published.filter((print) => !kept.has(print)).length;
  if (lost === 0) return [];
  const message = `it lacks or changes ${lost} of the ${published.length} published entries; a newer book adds entries and keeps the old ones`;
  return [{ where: `import:${provider}`, fault: 'lost', message }];
}

/** The payload of a control row. */
export function packImport(value: unknown): string {
  const gzip = gzipSync(JSON.stringify(value)).toString('base64');
  return JSON.stringify({ format: PRICE_BOOK_FORMAT, gzip });
}

/** Throws for a payload of another version, or one that is damaged. */
export function unpackImport(payload: string): ImportedBook {
  const { gzip } = payloadSchema.parse(JSON.parse(payload));
  const bytes = gunzipSync(Buffer.from(gzip, 'base64'), { maxOutputLength: IMPORT_BYTES_MAX });
  return readImport(JSON.parse(bytes.toString('utf8')));
}
