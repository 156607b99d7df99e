/**
 * Writes `collector/src/price/book-digest.json`: the book's version and the fingerprint of every
 * entry that was ever published in it. `check-book.ts` refuses a book that lost or edited one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type BookDigest,
  bookVersion,
  entryFingerprints,
  lostEntries,
  newestCheck,
} from '@ai-cost-profiler/collector/price/book-digest.ts';
import type { ProviderBook } from '@ai-cost-profiler/collector/price/book-schema.ts';
import {
  BOOK_FOLDERS,
  listProviderFiles,
  readProviderFile,
} from '@ai-cost-profiler/collector/price/load-book.ts';

const DIGEST_FILE = join(import.meta.dirname, '../collector/src/price/book-digest.json');

/** Returns the version. Throws when a published entry is gone, unless it is told to forget it. */
export function writeBookDigest(forget: boolean): string {
  const books = new Map<string, ProviderBook>();
  const current: { [file: string]: string } = {};
  const checked: { [provider: string]: string } = {};
  for (const folder of BOOK_FOLDERS) {
    for (const [provider, path] of listProviderFiles(folder)) {
      const file = `${basename(folder)}/${provider}`;
      const book = readProviderFile(path);
      books.set(file, book);
      current[file] = entryFingerprints(book);
      const day = newestCheck(book);
      if (day > (checked[provider] ?? '')) checked[provider] = day;
    }
  }
  const before = existsSync(DIGEST_FILE)
    ? (JSON.parse(readFileSync(DIGEST_FILE, 'utf8')) as BookDigest)
    : undefined;
  const lost = before === undefined || forget ? [] : lostEntries(before, current);
  if (lost.length > 0) {
    throw new Error(
      `${lost.length} published entries were edited or removed (${lost.slice(0, 5).join(', ')}); ` +
        'add a new entry instead, or pass --forget-unreleased before the first release',
    );
  }
  const digest: BookDigest = { version: bookVersion(books), entries: current, checked_at: checked };
  writeFileSync(DIGEST_FILE, `${JSON.stringify(digest, null, 2)}\n`);
  return digest.version;
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${writeBookDigest(process.argv.includes('--forget-unreleased'))}\n`);
}
