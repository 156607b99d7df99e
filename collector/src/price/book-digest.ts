/**
 * The book's version and the fingerprints of its entries. Invariant: published entries are facts
 * of the past; a book that lost or changed one is refused, and a mistake is mended by a new entry.
 */
import { createHash } from 'node:crypto';
import type { ProviderBook } from './book-schema.ts';

export type BookDigest = {
  readonly version: string;
  /** Fingerprints by file, such as `book/openai`, with spaces between them. */
  readonly entries: { readonly [file: string]: string };
  /** The newest day on which a price of a provider was checked, by provider. */
  readonly checked_at: { readonly [provider: string]: string };
};

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** A value as text that does not depend on the order of its keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${key}:${canonical(field)}`).join(',')}}`;
}

/** One fingerprint per price, fee, factor and alias of a file, sorted, with spaces between them. */
export function entryFingerprints(book: ProviderBook): string {
  const parts: unknown[] = [
    ...book.models.flatMap((model) => model.prices.map((entry) => [model.id, entry])),
    ...book.tools,
    ...book.multipliers,
    ...book.aliases,
  ];
  return [...new Set(parts.map((part) => shortHash(canonical(part))))].sort().join(' ');
}

/** The newest day on which anything in a file was checked; '' for a file without prices. */
export function newestCheck(book: ProviderBook): string {
  const sourced = [
    ...book.models.flatMap((model) => model.prices),
    ...book.tools,
    ...book.multipliers,
    ...book.aliases,
  ];
  return sourced.reduce((newest, one) => (one.checked_at > newest ? one.checked_at : newest), '');
}

/** The published fingerprints that the current files no longer have, as `file fingerprint`. */
export function lostEntries(
  published: Pick<BookDigest, 'entries'>,
  current: BookDigest['entries'],
): string[] {
  return Object.entries(published.entries).flatMap(([file, fingerprints]) => {
    const kept = new Set(current[file]?.split(' '));
    const lost = fingerprints.split(' ').filter((print) => print !== '' && !kept.has(print));
    return lost.map((print) => `${file} ${print}`);
  });
}

/** 12 hex digits of SHA-256 over what the files say, however they are laid out. */
export function bookVersion(files: ReadonlyMap<string, ProviderBook>): string {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return shortHash(sorted.map(([file, book]) => `${file}\n${canonical(book)}`).join('\n'));
}
