/**
 * Reads the price book from its files. Only names are listed at the start; a provider's file is read,
 * checked and compiled when its first call comes, which keeps the collector's start short.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BookDigest } from './book-digest.ts';
import { PriceBookError, type ProviderBook, parseProviderBook } from './book-schema.ts';
import { type BookLayer, PriceBook } from './price-book.ts';

/** The folders of the shipped book, the most binding first. */
export const BOOK_FOLDERS: readonly string[] = [
  join(import.meta.dirname, 'corrections'),
  join(import.meta.dirname, 'book'),
];
const DIGEST_FILE = join(import.meta.dirname, 'book-digest.json');

/** Reads one provider's file; throws PriceBookError naming the file. */
export function readProviderFile(path: string): ProviderBook {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new PriceBookError(`price book ${path} cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
  return parseProviderBook(value, path);
}

/** The provider files of a folder, by the provider's name in the book. */
export function listProviderFiles(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name.slice(0, -'.json'.length), join(folder, name)]));
}

/** Reads a file when it is first asked for, and keeps what it read. */
function onceRead(path: string): () => ProviderBook {
  let book: ProviderBook | undefined;
  return () => {
    book ??= readProviderFile(path);
    return book;
  };
}

function folderLayer(folder: string): BookLayer {
  const files = [...listProviderFiles(folder)];
  return { providers: new Map(files.map(([name, path]) => [name, onceRead(path)])) };
}

/** The book that ships with the collector, in parts. */
export type ShippedBook = {
  readonly digest: BookDigest;
  /** The most binding first. */
  readonly layers: readonly BookLayer[];
};

export function loadShippedBook(): ShippedBook {
  const digest = JSON.parse(readFileSync(DIGEST_FILE, 'utf8')) as BookDigest;
  return { digest, layers: BOOK_FOLDERS.map(folderLayer) };
}

/** The book that ships with the collector. */
export function loadPriceBook(): PriceBook {
  const { digest, layers } = loadShippedBook();
  return new PriceBook(layers, digest.version);
}
