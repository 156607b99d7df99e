import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OWN_NAMES, PUBLISHED_NAMES } from './semconv-table.ts';

const PACKAGES = join(import.meta.dirname, '..', 'instrumentation');

/** What the published packages say, but for the file that declares the names. */
const program = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
  .filter((path) => !path.endsWith('.test.ts') && !path.endsWith('semconv.ts'))
  .map((path) => readFileSync(join(PACKAGES, path), 'utf8'))
  .join('\n');

test('every attribute name is used by an instrumentation: remove it from the table if not', () => {
  const names = [...PUBLISHED_NAMES, ...OWN_NAMES.map(({ constant }) => constant)];
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(program))).toEqual([]);
});

test('no name stands in the table twice', () => {
  const attributes = OWN_NAMES.map(({ attribute }) => attribute);
  expect(attributes).toEqual([...new Set(attributes)]);
  expect(PUBLISHED_NAMES).toEqual([...new Set(PUBLISHED_NAMES)]);
});
