/** The result of the suite: a table of cases × ways for people, and lines of JSON's shape for programs. */
import type { Level } from './conformance-case.ts';
import type { CaseResult, SuiteResult } from './run-suite.ts';

const LEVELS: readonly Level[] = ['MUST', 'SHOULD', 'MAY'];
const NAME_CHARS = 96;

/** Which cases failed at a level; those at MUST decide the exit code. */
export const failedAt = ({ results }: SuiteResult, level: Level): readonly CaseResult[] =>
  results.filter((one) => one.level === level && isFailed(one));

const isFailed = ({ columns }: CaseResult): boolean =>
  [...columns.values()].some((wrong) => wrong !== undefined);

export function showSuite(suite: SuiteResult): string {
  const { columns } = suite;
  const legend = columns.map((name, index) => `  ${letterOf(index)}  ${name}`);
  const sections = LEVELS.flatMap((level) => sectionOf(suite, level));
  // What a receiver may leave out needs no explanation.
  const failures = ['MUST', 'SHOULD'] as const;
  const told = failures.flatMap((level) => failedAt(suite, level)).flatMap(failureLines);
  return `${['Columns', ...legend, ...sections, ...told].join('\n')}\n`;
}

const letterOf = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + index);

function sectionOf(suite: SuiteResult, level: Level): string[] {
  const cases = suite.results.filter((one) => one.level === level);
  if (cases.length === 0) return [];
  const good = cases.length - failedAt(suite, level).length;
  const letters = suite.columns.map((_, index) => letterOf(index)).join('');
  const title = `\n${`${level}: ${good} of ${cases.length}`.padEnd(NAME_CHARS)} ${letters}`;
  return [title, ...cases.map((one) => rowOf(one, suite.columns))];
}

function rowOf(one: CaseResult, columns: readonly string[]): string {
  const name = one.name.length > NAME_CHARS ? `${one.name.slice(0, NAME_CHARS - 1)}…` : one.name;
  const marks = columns.map((column) => {
    if (!one.columns.has(column)) return ' ';
    return one.columns.get(column) === undefined ? '✓' : '✗';
  });
  return `${name.padEnd(NAME_CHARS)} ${marks.join('')}`;
}

function failureLines(one: CaseResult): string[] {
  const wrong = [...one.columns].filter(([, what]) => what !== undefined);
  return [
    `\n✗ ${one.level}: ${one.name} (${one.section})`,
    ...wrong.map(([column, what]) => `    ${column}: ${what}`),
  ];
}

/** For `--json`: one object, with null where a case went well. */
export function suiteAsJson({ results }: SuiteResult): object {
  return {
    cases: results.map(({ name, level, section, columns }) => ({
      name,
      level,
      section,
      ways: Object.fromEntries([...columns].map(([way, wrong]) => [way, wrong ?? null])),
    })),
  };
}
