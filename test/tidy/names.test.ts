/** Names of files and folders: in kebab-case, and none that says nothing about what is inside. */
import { expect, test } from 'vitest';
import { listFiles } from './repository-files.ts';
import { readSources } from './source-tree.ts';

const BANNED: Readonly<Record<string, string>> = {
  util: 'the thing it works on',
  utils: 'the thing it works on',
  helper: 'what it does, as a verb and a noun',
  helpers: 'what it does, as a verb and a noun',
  common: 'the noun that its users share',
  shared: 'the noun that its users share',
  misc: 'one file for each thing in it',
  lib: 'the thing it works on',
  core: 'the thing it works on',
  manager: 'what it does: open, keep, write, refresh',
  service: 'what it does; a service is who sends us spans',
  handler: 'what it answers',
  processor: 'the stage it is: decode, normalise, price',
  controller: 'what it answers',
  factory: 'create and the noun',
  wrapper: 'what it adds',
  base: 'the noun without it',
  abstract: 'the noun without it',
  impl: 'how this one does it: memory-…, clickhouse-…',
  types: 'the noun each type is, beside its functions',
  constants: 'the noun that each belongs to',
  new: 'nothing: the old one goes in the same commit',
  old: 'nothing: the old one goes in the same commit',
  legacy: 'the dated version it reads',
  temp: 'what it is until then',
};

/** What is allowed to shout, because tools and people look for it under this name. */
const CAPITALS =
  /^((README|LICENSE|CHANGELOG|ARCHITECTURE|CONTRIBUTING|SECURITY|FORMAT|SCHEMA)(\.md)?|Dockerfile)$/;
const KEBAB = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** What others named: the design the root of instrumentation/, OpenTelemetry its interface, systemd its units. */
const withoutNamesOfOthers = (path: string): string =>
  path
    .replace(/^instrumentation\/core\//, 'instrumentation/')
    .replace(/-span-processor\b|\.service$/, '');

/** Every file and folder name once, with a path that has it. */
function partsOfPaths(paths: readonly string[]): [part: string, path: string][] {
  const parts = new Map<string, string>();
  for (const path of paths) {
    for (const part of withoutNamesOfOthers(path).split('/')) parts.set(part, path);
  }
  return [...parts];
}

const judgeName = (part: string): string | undefined => {
  if (!KEBAB.test(part) && !CAPITALS.test(part)) return 'write it in kebab-case';
  if (/^index\.[a-z]+$/.test(part)) return 'name the one thing it holds; nothing re-exports others';
  const banned = part.split(/[.-]/).find((word) => word in BANNED);
  return banned === undefined ? undefined : `instead of "${banned}" say ${BANNED[banned]}`;
};

test('files and folders have names that say what is inside', () => {
  // Fixtures are named after what they record.
  const paths = listFiles().filter((path) => !/\/fixtures\/.*\.json$/.test(path));
  const wrong = partsOfPaths(paths).flatMap(([part, path]) => {
    const advice = judgeName(part);
    return advice === undefined ? [] : [`${path}: ${part}: ${advice}.`];
  });
  expect(wrong).toEqual([]);
});

test('exports have names that say what they are', () => {
  const wrong = [...readSources().values()].flatMap(({ path, exports }) =>
    exports
      .filter(({ name }) => /(Manager|Handler|Processor|Helpers?|Utils?|Impl)$/.test(name))
      .filter(({ name }) => !/^create[A-Z]|[a-z]SpanProcessor$/.test(name))
      .map(({ name, line }) => `${path}:${line}: ${name}: say what it does.`),
  );
  expect(wrong).toEqual([]);
});

test.for([
  ['read-segment.ts', true],
  ['price-utils.ts', false],
  ['baseten.json', true],
  ['README.md', true],
  ['ReadSegment.ts', false],
  ['index.ts', false],
  ['.editorconfig', true],
] as const)('%s is judged right', ([name, isGood]) => {
  expect(judgeName(name) === undefined).toBe(isGood);
});
