/** Which workspace may import which, and that what is imported is declared where it is imported. */
import { expect, test } from 'vitest';
import { PUBLISHED } from './published-packages.ts';
import { isForTests, listFiles, readJson, readText } from './repository-files.ts';
import {
  type Import,
  packageFolderOf,
  readSources,
  WORKSPACES,
  workspaceOf,
} from './source-tree.ts';

const CORE = 'instrumentation/core';
const NODE = 'instrumentation/node';

/**
 * The workspaces that a workspace may import. Folders outside of them (test, bench, scripts) may import all. Published
 * packages know nothing of the collector: each stands on core, and node puts all of them together.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  clickhouse: [],
  queries: ['clickhouse'],
  collector: ['queries', 'clickhouse'],
  grafana: ['clickhouse'],
  ...Object.fromEntries(PUBLISHED.map((folder) => [folder, [CORE]])),
  [CORE]: [],
  [NODE]: PUBLISHED.filter((folder) => folder !== NODE),
};
/** The shop of the demo is an application like others. */
const APPLICATIONS = 'collector/src/demo/';

function mayImport(path: string, from: string, to: string): boolean {
  const isApplication = path.startsWith(APPLICATIONS) && PUBLISHED.includes(to);
  return isApplication || ARROWS[from]?.includes(to) === true;
}

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}
const manifestOf = (folder: string): Manifest =>
  readJson<Manifest>(folder === '' ? 'package.json' : `${folder}/package.json`);

const ROOT_MANIFEST = manifestOf('');

/** `@scope/name/file.ts` → `@scope/name`; undefined for relative paths and what Node brings. */
function packageName(specifier: string): string | undefined {
  if (/^(\.|node:)/.test(specifier)) return undefined;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

const everyImport = (): [string, Import][] =>
  [...readSources().values()].flatMap(({ path, imports }) =>
    imports.map((one): [string, Import] => [path, one]),
  );

test('packages import along the arrows: collector → queries → clickhouse, node → openai → core', () => {
  const wrong = everyImport().flatMap(([path, { file, line, specifier }]) => {
    const from = workspaceOf(path)?.folder;
    const to = file === undefined ? undefined : workspaceOf(file)?.folder;
    if (from === undefined || to === undefined || from === to) return [];
    if (mayImport(path, from, to)) return [];
    return [`${path}:${line}: ${from} imports ${specifier}. Move what both need down to ${from}.`];
  });
  expect(wrong).toEqual([]);
});

test('another package is imported by its name, the own one by a path', () => {
  const wrong = everyImport().flatMap(([path, { file, line, specifier }]) => {
    const from = workspaceOf(path);
    const to = file === undefined ? undefined : workspaceOf(file);
    if (to === undefined) return [];
    const isByName = !specifier.startsWith('.');
    if (from === to) return isByName ? [`${path}:${line}: write a path, not ${specifier}.`] : [];
    return isByName ? [] : [`${path}:${line}: write ${to.name}/… instead of ${specifier}.`];
  });
  expect(wrong).toEqual([]);
});

test('every imported package is declared in the package.json beside it', () => {
  const wrong = everyImport().flatMap(([path, { line, specifier, isTypeOnly }]) => {
    const name = packageName(specifier);
    if (name === undefined) return [];
    const folder = packageFolderOf(path);
    const own = manifestOf(folder);
    const declared = {
      ...own.dependencies,
      ...own.optionalDependencies,
      ...own.peerDependencies,
    };
    const isRunByDevelopers =
      folder === 'grafana' || (workspaceOf(path) !== undefined && isForTests(path));
    if (folder === '' || isRunByDevelopers) {
      Object.assign(declared, own.devDependencies, ROOT_MANIFEST.devDependencies);
    }
    if (folder === '') for (const workspace of WORKSPACES) declared[workspace.name] = '*';
    if (name in declared || (isTypeOnly && `@types/${name}` in declared)) return [];
    return [
      `${path}:${line}: declare ${name} in ${folder === '' ? '' : `${folder}/`}package.json.`,
    ];
  });
  expect(wrong).toEqual([]);
});

test('every declared package is used', () => {
  const wrong = ['', ...WORKSPACES.map(({ folder }) => folder)].flatMap((folder) => {
    const { dependencies, optionalDependencies, devDependencies, peerDependencies } =
      manifestOf(folder);
    const texts = listFiles()
      .filter((path) => path.startsWith(folder) && /\.(ts|cjs|json)$/.test(path))
      .filter((path) => !/(^|\/)package(-lock)?\.json$/.test(path))
      .map(readText);
    const declared = {
      ...dependencies,
      ...optionalDependencies,
      ...devDependencies,
      ...peerDependencies,
    };
    return Object.keys(declared)
      .filter((name) => !name.startsWith('@types/'))
      .filter((name) => !texts.some((text) => text.includes(name)))
      .map((name) => `${folder || '.'}/package.json: nothing uses ${name}; remove it.`);
  });
  expect(wrong).toEqual([]);
});
