import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BookDigest, bookVersion, entryFingerprints, lostEntries } from './book-digest.ts';
import { type ProviderBook, type ProviderBookInput, parseProviderBook } from './book-schema.ts';
import { type BookFile, checkBook } from './check-book.ts';
import { BOOK_FOLDERS, listProviderFiles, readProviderFile } from './load-book.ts';

const shipped = BOOK_FOLDERS.flatMap((folder) =>
  [...listProviderFiles(folder)].map(([name, path]) => ({ layer: basename(folder), name, path })),
);
const sourced = { source: 'https://example.com/pricing', checked_at: '2026-08-21' };

function file(
  models: ProviderBookInput['models'],
  rest: Partial<ProviderBookInput> = {},
): BookFile {
  const book = parseProviderBook({ provider: 'acme', models, ...rest }, 'a test');
  return { layer: 'book', book };
}

describe('the shipped book', () => {
  test('has no overlap, gap, unexplained jump, lost reference or unsourced price', () => {
    const files = shipped.map(({ layer, path }) => ({ layer, book: readProviderFile(path) }));
    expect(checkBook(files)).toEqual([]);
  });

  test('files are named by the provider inside them', () => {
    for (const { name, path } of shipped) expect(readProviderFile(path).provider).toBe(name);
  });

  test('keeps every published entry, and its version is the hash of its files', () => {
    const path = new URL('./book-digest.json', import.meta.url);
    const digest = JSON.parse(readFileSync(path, 'utf8')) as BookDigest;
    const books = new Map<string, ProviderBook>();
    const current: { [file: string]: string } = {};
    for (const entry of shipped) {
      const key = `${entry.layer}/${entry.name}`;
      const book = readProviderFile(entry.path);
      books.set(key, book);
      current[key] = entryFingerprints(book);
    }
    expect(lostEntries(digest, current)).toEqual([]);
    expect(digest.version).toBe(bookVersion(books));
  });
});

describe('a book is refused', () => {
  const faulty: [string, string, BookFile][] = [
    [
      'where two prices hold at once',
      'overlap',
      file([
        {
          id: 'm',
          prices: [
            { rates: { in_uncached: '1/M' }, ...sourced },
            { valid_from: '2026-01-01T00:00:00Z', rates: { in_uncached: '2/M' }, ...sourced },
          ],
        },
      ]),
    ],
    [
      'where time has a hole between two prices',
      'gap',
      file([
        {
          id: 'm',
          prices: [
            { valid_until: '2026-01-01T00:00:00Z', rates: { in_uncached: '1/M' }, ...sourced },
            { valid_from: '2026-01-02T00:00:00Z', rates: { in_uncached: '2/M' }, ...sourced },
          ],
        },
      ]),
    ],
    [
      'where a price jumps tenfold without a note',
      'jump',
      file([
        {
          id: 'm',
          prices: [
            { valid_until: '2026-01-01T00:00:00Z', rates: { in_uncached: '1/M' }, ...sourced },
            { valid_from: '2026-01-01T00:00:00Z', rates: { in_uncached: '1/k' }, ...sourced },
          ],
        },
      ]),
    ],
    [
      'where a price has no address as its source',
      'source',
      file([
        {
          id: 'm',
          prices: [
            { rates: { in_uncached: '1/M' }, source: 'somebody said so', checked_at: '2026-01-01' },
          ],
        },
      ]),
    ],
    [
      'where a factor names a model that does not exist',
      'reference',
      file([], { multipliers: [{ id: 'batch', factor: '0.5', only: ['nothing*'], ...sourced }] }),
    ],
    [
      'where a window is in an unknown time zone',
      'compile',
      file([
        {
          id: 'm',
          prices: [
            { calendar: [{ tz: 'Mars/Olympus' }], rates: { in_uncached: '1/M' }, ...sourced },
          ],
        },
      ]),
    ],
  ];
  test.for(faulty)('%s (%s)', ([, fault, book]) => {
    expect(checkBook([book]).map((finding) => finding.fault)).toContain(fault);
  });

  test('whose shape is wrong, naming file, field and what was expected', () => {
    const wrong = {
      provider: 'acme',
      models: [{ id: 'm', prices: [{ rates: { in_uncached: 1 } }] }],
    };
    expect(() => parseProviderBook(wrong, 'acme.json')).toThrow(/acme\.json.*rates\.in_uncached/s);
  });

  test('that lost or edited a published price', () => {
    const before = file([{ id: 'm', prices: [{ rates: { in_uncached: '1/M' }, ...sourced }] }]);
    const after = file([{ id: 'm', prices: [{ rates: { in_uncached: '2/M' }, ...sourced }] }]);
    const published = { version: 'x', entries: { 'book/acme': entryFingerprints(before.book) } };
    expect(lostEntries(published, { 'book/acme': entryFingerprints(after.book) })).toHaveLength(1);
    expect(lostEntries(published, { 'book/acme': entryFingerprints(before.book) })).toEqual([]);
  });
});
