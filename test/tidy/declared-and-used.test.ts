/**
 * What is declared as data is also used: every metric is written, every problem is returned, every option is read. That
 * each is documented is held by scripts/generate-docs.test.ts.
 */
import { METRICS } from '@ai-cost-profiler/collector/metrics.ts';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { PROBLEMS } from '@ai-cost-profiler/collector/problems.ts';
import { expect, test } from 'vitest';
import { isForTests } from './repository-files.ts';
import { readSources } from './source-tree.ts';

/** The program's own text, without the files that only declare or document. */
function programWithout(...files: readonly string[]): string {
  return [...readSources().values()]
    .filter(({ path }) => path.startsWith('collector/src/') && !isForTests(path))
    .filter(({ path }) => !files.some((file) => path === `collector/src/${file}`))
    .map(({ text }) => text)
    .join('\n');
}

test('every metric is written', () => {
  const program = programWithout('metrics.ts');
  const givenOn = new Set(
    [...program.matchAll(/setOrRemove\(\s*metrics\.(\w+)/g)].map(([, name]) => name),
  );
  const silent = Object.keys(METRICS)
    .filter((name) => !givenOn.has(name))
    .filter((name) => !new RegExp(`${name}\\s*\\.(inc|set|observe|startTimer)\\(`).test(program));
  expect(silent, 'declared in metrics.ts, and written by nothing').toEqual([]);
});

test('every problem is returned', () => {
  const program = programWithout('problems.ts', 'api/openapi.ts', 'api/openapi-paths.ts');
  const own = readSources().get('collector/src/problems.ts')?.text ?? '';
  const unused = Object.keys(PROBLEMS).filter(
    (code) => !program.includes(`'${code}'`) && !own.includes(`new Problem('${code}'`),
  );
  expect(unused, 'declared in problems.ts, and returned by nothing').toEqual([]);
});

test('every option is read, or says that nothing acts on it yet', () => {
  const program = programWithout('options.ts');
  const unread = Object.entries(OPTIONS)
    .filter(([, option]) => !('notBuiltYet' in option && option.notBuiltYet))
    .map(([name]) => name)
    .filter((name) => !new RegExp(`\\b${name}\\b`).test(program));
  expect(unread, 'declared in options.ts, and read by nothing').toEqual([]);
});

test('an option that something acts on does not say that nothing does', () => {
  const program = programWithout('options.ts', 'config.ts');
  const wrong = Object.entries(OPTIONS)
    .filter(([, option]) => 'notBuiltYet' in option && option.notBuiltYet)
    .map(([name]) => name)
    .filter((name) => new RegExp(`[cC]onfig\\.${name}\\b`).test(program));
  expect(wrong, 'read, so remove notBuiltYet').toEqual([]);
});
