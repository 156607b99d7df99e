/**
 * What can be reached from where: through imports, and through the paths that programs and package.json name as text
 * (child processes, workers, files that are served or read).
 */
import { posix } from 'node:path';
import { listFiles, readText } from './repository-files.ts';
import { readSources } from './source-tree.ts';

const FILE_NAME = /^[\w./-]+\.(ts|cjs|js|css|html|proto)$/;

/** The files of the repository that a text names, relative to the file it stands in or to the root. */
function namedFiles(path: string, strings: readonly string[]): string[] {
  const files = new Set(listFiles());
  return strings
    .filter((one) => FILE_NAME.test(one))
    .flatMap((one) => [posix.join(posix.dirname(path), one), posix.normalize(one)])
    .filter((file) => files.has(file) && file !== path);
}

/** Plain JavaScript and JSON are read as text: `path.join(ROOT, 'a', 'b.ts')` names a/b.ts. */
function stringsOf(text: string): string[] {
  const joined = text.replaceAll(/['"]\s*,\s*['"]/g, '/');
  return [text, joined].flatMap((one) =>
    [...one.matchAll(/['"]([^'"\n]+)['"]/g)].flatMap(([, found]) => found!.split(' ')),
  );
}

/** The files that a file imports or names. */
export function filesUsedBy(path: string): readonly string[] {
  const source = readSources().get(path);
  if (source === undefined) return namedFiles(path, stringsOf(readText(path)));
  const literals = source.nodes
    .filter(({ type }) => type === 'Literal')
    .map((node) => String(node['value']));
  const imported = source.imports.flatMap(({ file }) => (file === undefined ? [] : [file]));
  return [...imported, ...namedFiles(path, literals)];
}

/** Everything that is reached from these files; `through` can stop the way at a file. */
export function reachFrom(
  entries: readonly string[],
  through: (path: string) => boolean = () => true,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = entries.filter(through);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    if (/\.(ts|cjs|json)$/.test(path)) waiting.push(...filesUsedBy(path).filter(through));
  }
  return reached;
}
