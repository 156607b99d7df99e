/**
 * `prices check`: everything that is wrong with the shipped book, or with a file that is to be
 * imported. Invariant: a file that cannot be read is a finding like any other, never the end.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { BookReport } from '../price-answer.ts';
import { bookVersion, entryFingerprints, lostEntries, newestCheck } from './book-digest.ts';
import { PriceBookError, type ProviderBook } from './book-schema.ts';
import { type BookFile, type BookFinding, checkBook } from './check-book.ts';
import { checkImport, readImport } from './import-book.ts';
import { BOOK_FOLDERS, listProviderFiles, loadShippedBook, readProviderFile } from './load-book.ts';

function unverifiedIn(book: ProviderBook): BookReport['unverified'] {
  const sourced = [
    ...book.models.flatMap(({ id, prices }) => prices.map((entry) => ({ name: id, ...entry }))),
    ...book.tools.map((entry) => ({ name: 'tools', ...entry })),
    ...book.multipliers.map((factor) => ({ name: factor.id, ...factor })),
    ...book.aliases.map((alias) => ({ name: alias.alias, ...alias })),
  ];
  return sourced.flatMap(({ name, unverified }) =>
    unverified === undefined ? [] : [{ where: `${book.provider}/${name}`, why: unverified }],
  );
}

function count(books: readonly ProviderBook[]) {
  const models = books.flatMap((book) => book.models);
  const entries = [...models.flatMap((model) => model.prices), ...books.flatMap((b) => b.tools)];
  return {
    files: books.length,
    models: new Set(books.flatMap((b) => b.models.map(({ id }) => `${b.provider}/${id}`))).size,
    rates: entries.reduce((sum, entry) => sum + Object.keys(entry.rates).length, 0),
    checked_at: books.map(newestCheck).sort().at(-1) ?? '',
    unverified: books.flatMap(unverifiedIn),
  };
}

function schemaFinding(where: string, error: unknown): BookFinding {
  if (!(error instanceof PriceBookError)) throw error;
  return { where, fault: 'schema', message: error.message };
}

/** The published entries that the files lost, and whether the version is that of the files. */
function digestFindings(files: readonly BookFile[]): BookFinding[] {
  const { digest } = loadShippedBook();
  const named = new Map(files.map(({ layer, book }) => [`${layer}/${book.provider}`, book]));
  const current = Object.fromEntries(
    [...named].map(([file, book]) => [file, entryFingerprints(book)]),
  );
  const lost = lostEntries(digest, current).map((entry): BookFinding => {
    const [where = '', print] = entry.split(' ');
    const message = `the published entry ${print} was edited or removed; add a new entry instead`;
    return { where, fault: 'lost', message };
  });
  const version = bookVersion(named);
  if (version === digest.version) return lost;
  const message = `the files are ${version}, the digest says ${digest.version}; run npm run prices:digest`;
  return [...lost, { where: 'book-digest.json', fault: 'lost', message }];
}

function reportOnShipped(): BookReport {
  const files: BookFile[] = [];
  const findings: BookFinding[] = [];
  for (const folder of BOOK_FOLDERS) {
    for (const [name, path] of listProviderFiles(folder)) {
      const layer = basename(folder);
      try {
        files.push({ layer, book: readProviderFile(path) });
      } catch (error) {
        findings.push(schemaFinding(`${layer}/${name}`, error));
      }
    }
  }
  // A file that cannot be read lacks its entries too; one finding is enough for it.
  const digest = findings.length === 0 ? digestFindings(files) : [];
  return {
    book_version: loadShippedBook().digest.version,
    ...count(files.map(({ book }) => book)),
    findings: [...findings, ...checkBook(files), ...digest],
  };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new PriceBookError(`${path} cannot be read: ${String(error)}`, { cause: error });
  }
}

function reportOnImport(path: string): BookReport {
  try {
    const imported = readImport(readJson(path));
    const books = imported.layers.flatMap((layer) => [...layer.books.values()]);
    const findings = checkImport(imported, loadShippedBook());
    return { book_version: imported.version, ...count(books), findings };
  } catch (error) {
    const nothing = {
      book_version: '',
      files: 0,
      models: 0,
      rates: 0,
      checked_at: '',
      unverified: [],
    };
    return { ...nothing, findings: [schemaFinding(path, error)] };
  }
}

/** @param path a file that is to be imported; null: the shipped book */
export function reportOnBook(path: string | null): BookReport {
  return path === null ? reportOnShipped() : reportOnImport(path);
}
