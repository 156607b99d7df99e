/** Sizes that a file, a function and a line may have. What exceeds one today is listed, and may only shrink. */
import { expect, test } from 'vitest';
import { judgeExceptions } from './exceptions.ts';
import { isForTests, listFiles, readText } from './repository-files.ts';
import { type Node, readSource, readSources, type SourceFile } from './source-tree.ts';

const FILE_LINES_MAX = 300;
const TEST_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
const PARAMETERS_MAX = 4;
/** Biome keeps code below 100; comments and tables may use the rest. */
const LINE_LENGTH_MAX = 120;
/** Messages and SQL stay in one piece, so that they can be found by their text. */
const TEXT_LENGTH_MIN = 50;

const FILE_EXCEPTIONS: Readonly<Record<string, number>> = {};

const PARAMETER_EXCEPTIONS: Readonly<Record<string, number>> = {
  // Six integers instead of an object for each hashed span.
  'collector/src/decode/content-hash.ts finish': 6,
};

/** Of what a machine wrote, nobody reads every line. */
const isWritten = (path: string): boolean => !path.includes('/generated/');

const lineCount = (text: string): number => text.split('\n').length - 1;

test('a file holds one idea', () => {
  const long = new Map<string, number>();
  for (const path of listFiles().filter(
    (one) => /\.(ts|cjs|js|css|html)$/.test(one) && isWritten(one),
  )) {
    const lines = lineCount(readText(path));
    const max = /\.(test|contract)\.ts$/.test(path) ? TEST_LINES_MAX : FILE_LINES_MAX;
    if (lines > max) long.set(path, lines);
  }
  const advice = 'Lines; split it by what its parts are about, not by number.';
  expect(judgeExceptions(long, FILE_EXCEPTIONS, advice)).toEqual([]);
});

/** Functions beyond a limit as `path name` → their value. */
function beyond(field: 'lines' | 'parameters', max: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const { path, functions } of readSources().values()) {
    if (field === 'lines' && isForTests(path)) continue;
    for (const one of functions) {
      if (one[field] > max) found.set(`${path} ${one.name}`, one[field]);
    }
  }
  return found;
}

test('a function is read at one glance', () => {
  const advice = 'Lines; give its steps names.';
  expect(judgeExceptions(beyond('lines', FUNCTION_LINES_MAX), {}, advice)).toEqual([]);
});

test('a function takes few parameters', () => {
  const advice = 'Parameters; what belongs together goes into one object.';
  const found = beyond('parameters', PARAMETERS_MAX);
  expect(judgeExceptions(found, PARAMETER_EXCEPTIONS, advice)).toEqual([]);
});

const isText = ({ type, start, end }: Node): boolean =>
  (type === 'TemplateLiteral' || type === 'Literal') && end - start >= TEXT_LENGTH_MIN;

/** Lines beyond the limit that hold no long text. */
function longLines({ text, nodes }: SourceFile): number[] {
  const texts = nodes.filter(isText);
  let start = 0;
  return text.split('\n').flatMap((line, index) => {
    const [from, to] = [start, start + line.length];
    start = to + 1;
    const holdsText = texts.some((one) => one.end > from && one.start < to);
    return line.length > LINE_LENGTH_MAX && !holdsText ? [index + 1] : [];
  });
}

test('a line fits on the screen', () => {
  const wrong = [...readSources().values()]
    .filter(({ path }) => isWritten(path))
    .flatMap((source) =>
      longLines(source).map((line) => `${source.path}:${line}: break it at ${LINE_LENGTH_MAX}.`),
    );
  expect(wrong).toEqual([]);
});

test('the limits see what is too long', () => {
  const comment = `// ${'x'.repeat(LINE_LENGTH_MAX)}`;
  const message = `throw new Error('${'x'.repeat(LINE_LENGTH_MAX)}');`;
  const source = readSource('a.ts', `${comment}\n${message}\nconst f = (a, b, c, d, e) => {\n\n};`);
  expect(longLines(source)).toEqual([1]);
  expect(source.functions).toEqual([{ name: 'f', line: 3, lines: 3, parameters: 5 }]);
});

test('an exception can only shrink', () => {
  const judge = (value: number) => judgeExceptions(new Map([['a', value]]), { a: 5 }, 'Mend it.');
  expect(judge(5)).toEqual([]);
  expect(judge(6)).toEqual(['a: 6, was 5. Mend it.']);
  expect(judge(4)).toEqual(['a: 4 now; lower its exception from 5.']);
  expect(judgeExceptions(new Map([['b', 9]]), {}, 'Mend it.')).toEqual(['b: 9. Mend it.']);
  expect(judgeExceptions(new Map(), { a: 5 }, '')).toEqual([
    'a: within the limit now; remove its exception.',
  ]);
});
