/** The manifests: exact versions, and a lock file that says the same. */
import { expect, test } from 'vitest';
import { listFiles, readJson } from './repository-files.ts';
import { WORKSPACES } from './source-tree.ts';

type Versions = Readonly<Record<string, string>>;
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
  readonly peerDependencies?: Versions;
}
interface LockFile {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Partial<Manifest> & { readonly integrity?: string }>>;
}

const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
/** From the oldest that has what is used, up to the next major. */
const RANGE = /^\^\d+\.\d+\.\d+$/;

const LOCK = readJson<LockFile>('package-lock.json');
const manifests = ['', ...WORKSPACES.map(({ folder }) => folder)].map((folder) => {
  const path = folder === '' ? 'package.json' : `${folder}/package.json`;
  return { folder, path, manifest: readJson<Manifest>(path) };
});

const declared = manifests.flatMap(({ folder, path, manifest }) =>
  FIELDS.flatMap((field) =>
    Object.entries(manifest[field] ?? {}).map(([name, version]) => ({
      folder,
      path,
      name,
      version,
    })),
  ),
);

test('every version is exact: what was tested is what is installed', () => {
  const wrong = declared
    .filter(({ version }) => !EXACT.test(version))
    .map(({ path, name, version }) => `${path}: ${name} ${version}: npm install -E.`);
  expect(wrong).toEqual([]);
});

test('a peer is named by its oldest version: the application chooses the one there is', () => {
  const wrong = manifests.flatMap(({ path, manifest }) =>
    Object.entries(manifest.peerDependencies ?? {})
      .filter(([, version]) => !RANGE.test(version))
      .map(([name, version]) => `${path}: ${name} ${version}: write ^1.2.3.`),
  );
  expect(wrong).toEqual([]);
});

test('one package has one version, wherever it is declared', () => {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of declared) {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  const wrong = [...versions].filter(([, all]) => all.size > 1);
  expect(wrong.map(([name, all]) => `${name}: ${[...all].join(', ')}`)).toEqual([]);
});

test.for(manifests)('the lock file is in step with $path', ({ folder, manifest }) => {
  for (const field of [...FIELDS, 'peerDependencies'] as const) {
    expect(LOCK.packages[folder]?.[field] ?? {}, field).toEqual(manifest[field] ?? {});
  }
});

test('the lock file holds each declared package, in its version, with its digest', () => {
  const wrong = declared.flatMap(({ folder, path, name, version }) => {
    if (WORKSPACES.some((workspace) => workspace.name === name)) return [];
    const locked =
      LOCK.packages[`${folder}/node_modules/${name}`] ?? LOCK.packages[`node_modules/${name}`];
    const isSame = locked?.version === version && locked.integrity !== undefined;
    return isSame ? [] : [`${path}: ${name} ${version} is ${locked?.version} in the lock file.`];
  });
  expect(wrong).toEqual([]);
});

test('workspaces share the version and the licence of the repository', () => {
  const { version, license } = manifests[0]!.manifest;
  for (const { path, manifest } of manifests) {
    expect({ path, version: manifest.version, license: manifest.license }).toEqual({
      path,
      version,
      license,
    });
  }
  for (const { name, path, version: wanted } of declared) {
    if (WORKSPACES.some((one) => one.name === name))
      expect(wanted, `${name} in ${path}`).toBe(version);
  }
});

test('every folder with a package.json is a workspace, or keeps a lock file of its own', () => {
  const wrong = listFiles()
    .filter((path) => /.\/package\.json$/.test(path))
    .filter((path) => !manifests.some((one) => one.path === path))
    .filter((path) => !listFiles().includes(path.replace(/package\.json$/, 'package-lock.json')));
  expect(wrong).toEqual([]);
});
