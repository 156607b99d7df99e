/**
 * Nothing lies about that nothing uses: every file is reached from an entry, every export is imported by another file.
 * An import by a test does not count, except for files that only tests use.
 */
import { expect, test } from 'vitest';
import { isPublicName, PUBLIC_NAMES } from './published-packages.ts';
import { filesUsedBy, reachFrom } from './reachable-files.ts';
import { isForTests, listFiles, readText } from './repository-files.ts';
import { type Export, readSources } from './source-tree.ts';

/** Read by a tool under its fixed name. */
const CONFIGURATIONS = ['vitest.config.ts'];

const MANIFESTS = listFiles().filter((path) => /(^|\/)package\.json$/.test(path));

/** Recorders of emitters, which a person runs where the emitter is installed, and programs that tests start there. */
const isRunByHand = (path: string): boolean =>
  /\.(ts|cjs)$/.test(path) && path.startsWith('test/emitters/');

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const isProgram = (path: string): boolean => /\.(ts|cjs|js|css|html)$/.test(path);

const reachedByAll = reachFrom([
  ...MANIFESTS,
  ...Object.keys(PUBLIC_NAMES),
  ...CONFIGURATIONS,
  ...listFiles().filter((path) => isTest(path) || isRunByHand(path)),
]);
const reachedByPrograms = reachFrom(
  [...MANIFESTS, ...Object.keys(PUBLIC_NAMES)],
  (path) => !isForTests(path),
);

/** Exports of the program that only a test imports, because the part is proven alone. This list can only shrink. */
const SEAMS: readonly string[] = [
  'clickhouse/src/migrate.ts MIGRATIONS_DIRECTORY',
  'clickhouse/src/migrate.ts readMigrations',
  'clickhouse/src/migrate.ts splitStatements',
  'collector/src/cli/costs.ts runCosts',
  'collector/src/cli/lifetime.ts EXIT_FAULT',
  'collector/src/cli/lifetime.ts EXIT_NOT_DRAINED',
  'scripts/build-packages.ts buildPackages',
  'scripts/generate-docs.ts generatedFiles',
  'scripts/generate-docs.ts outdatedFiles',
];

test('every file is reached from package.json or a test: remove it, or use it', () => {
  const dead = listFiles().filter((path) => isProgram(path) && !reachedByAll.has(path));
  expect(dead).toEqual([]);
});

/** Who imports what: `file name` → importing files. */
const importers = new Map<string, string[]>();
for (const { path, imports, text } of readSources().values()) {
  for (const { file, names } of imports) {
    if (file === undefined) continue;
    const all = readSources().get(file)?.exports ?? [];
    const taken = names.includes('*')
      ? all.map(({ name }) => name).filter((name) => new RegExp(`\\b${name}\\b`).test(text))
      : names;
    for (const name of taken) {
      const key = `${file} ${name}`;
      importers.set(key, [...(importers.get(key) ?? []), path]);
    }
  }
}
for (const path of listFiles().filter((file) => file.endsWith('.cjs'))) {
  for (const file of filesUsedBy(path)) {
    for (const { name } of readSources().get(file)?.exports ?? []) {
      if (!new RegExp(`\\b${name}\\b`).test(readText(path))) continue;
      importers.set(`${file} ${name}`, [...(importers.get(`${file} ${name}`) ?? []), path]);
    }
  }
}

/** A type may be exported for the signature of something that is: without it a caller could not name what it gets. */
function belongsToSignature({ name, isType }: Export, all: readonly Export[]): boolean {
  return (
    isType &&
    all.some((one) => one.name !== name && new RegExp(`\\b${name}\\b`).test(one.signature))
  );
}

const unused = [...readSources().values()].flatMap(({ path, exports }) =>
  exports
    .filter((one) => !CONFIGURATIONS.includes(path) && !belongsToSignature(one, exports))
    .filter(({ name }) => !isPublicName(path, name))
    .map(({ name, line }) => {
      const all = importers.get(`${path} ${name}`) ?? [];
      const counting = reachedByPrograms.has(path) ? all.filter((by) => !isForTests(by)) : all;
      return { name, at: `${path}:${line}`, seam: `${path} ${name}`, counting, all };
    })
    .filter(({ counting }) => counting.length === 0),
);

test('what published packages offer is there under its name', () => {
  const missing = Object.entries(PUBLIC_NAMES).flatMap(([path, names]) => {
    const offered =
      readSources()
        .get(path)
        ?.exports.map(({ name }) => name) ?? [];
    return names.filter((name) => !offered.includes(name)).map((name) => `${path}: ${name}`);
  });
  expect(missing).toEqual([]);
});

test('every export is imported by another file: drop the word export', () => {
  const wrong = unused
    .filter(({ all }) => all.length === 0)
    .map(({ at, name }) => `${at}: ${name}`);
  expect(wrong).toEqual([]);
});

test('what only a test imports is a known seam: test it through what the program calls', () => {
  const seams = unused.filter(({ all }) => all.length > 0).map(({ seam }) => seam);
  expect(seams.sort()).toEqual([...SEAMS].sort());
});
