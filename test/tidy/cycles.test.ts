/** No file needs, through its imports, itself. Types do not count: nothing of them is left at run time. */
import { expect, test } from 'vitest';
import { readSources, type SourceFile } from './source-tree.ts';

/** Each cycle once, as the files on it. */
function findCycles(files: ReadonlyMap<string, SourceFile>): string[] {
  const cycles: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (finished.has(path) || trail.includes(path)) return;
    trail.push(path);
    for (const { file, isTypeOnly } of files.get(path)?.imports ?? []) {
      if (file !== undefined && !isTypeOnly) visit(file);
    }
    trail.pop();
    finished.add(path);
  };
  for (const path of files.keys()) visit(path);
  return cycles;
}

test('no imports run in a circle: move what both files need into a third', () => {
  expect(findCycles(readSources())).toEqual([]);
});

test('a circle is found, and one of types alone is none', () => {
  const file = (path: string, to: string, isTypeOnly: boolean): [string, SourceFile] => [
    path,
    {
      path,
      text: '',
      exports: [],
      functions: [],
      nodes: [],
      imports: [{ specifier: to, file: to, names: ['x'], isTypeOnly, isReexport: false, line: 1 }],
    },
  ];
  expect(findCycles(new Map([file('a', 'b', false), file('b', 'a', false)]))).toEqual([
    'a → b → a',
  ]);
  expect(findCycles(new Map([file('a', 'b', false), file('b', 'a', true)]))).toEqual([]);
});
