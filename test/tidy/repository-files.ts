/**
 * The repository's own text, as the tests of this folder read it: what git tracks or would, never what is ignored.
 * Invariant: paths are relative to the root, with '/'; text is read once a test file.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

const texts = new Map<string, string>();
let paths: readonly string[] | undefined;

/** Every file of the working tree that is not ignored; those deleted but not yet committed, and links, are left out. */
export function listFiles(): readonly string[] {
  paths ??= execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT })
    .toString()
    .split('\0')
    .filter(
      (path) => path !== '' && statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile(),
    )
    .sort();
  return paths;
}

export function readText(path: string): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(join(ROOT, path), 'utf8');
  texts.set(path, text);
  return text;
}

/** JSON of a file in a shape the caller knows. */
export function readJson<Shape>(path: string): Shape {
  return JSON.parse(readText(path)) as Shape;
}

/** What is not part of the program: tests, contracts run over several implementations, what both stand on. */
export const isForTests = (path: string): boolean =>
  /^test\/|\.test\.ts$|\.contract\.ts$|\/(fixtures|testing)\/|\/(fixture|test-[a-z-]+)\.ts$/.test(
    path,
  );

/** Our own TypeScript. */
export const listSources = (): readonly string[] =>
  listFiles().filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));

/** Documentation and every other Markdown text. */
export const listMarkdown = (): readonly string[] =>
  listFiles().filter((path) => path.endsWith('.md'));
