/**
 * `npm run build:packages`: makes of each folder below instrumentation/ what is published: `dist/` with ES modules,
 * types, maps, a package.json of its own, README and LICENSE. One compiler run for all, so that they agree.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedManifest, type SourceManifest } from './published-manifest.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = join(ROOT, 'instrumentation');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const SOURCE_SPECIFIER = /(['"])((?:\.\.?|@ai-cost-profiler)\/[\w./-]+)\.ts\1/g;

export interface BuiltPackage {
  /** With its scope. */
  readonly name: string;
  /** The folder that is packed. */
  readonly dist: string;
}

/** Builds them all. Throws with what the compiler says where it finds something wrong. */
export function buildPackages(): BuiltPackage[] {
  const compiled = mkdtempSync(join(tmpdir(), 'aicost-packages-'));
  try {
    compile(compiled);
    const folders = packageFolders();
    const imported = importedModules(folders);
    return folders.map((folder) => buildPackage(folder, compiled, imported));
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

const packageFolders = (): string[] =>
  readdirSync(PACKAGES).filter((folder) => existsSync(join(PACKAGES, folder, 'package.json')));

function compile(outDir: string): void {
  const project = join(outDir, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    allowImportingTsExtensions: false,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    sourceMap: true,
    inlineSources: true,
    // What users compile against may not be as new as what we compile with.
    target: 'es2022',
    rootDir: PACKAGES,
    outDir: join(outDir, 'out'),
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  const include = [join(PACKAGES, '*/src/**/*.ts')];
  // Whole paths: short ones would be looked for beside the project file, which is elsewhere.
  const exclude = ['*.test.ts', 'test-*.ts', '*fixture*'].map((name) => join(PACKAGES, '**', name));
  const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include, exclude };
  writeFileSync(project, JSON.stringify(config));
  const run = spawnSync(process.execPath, [TSC, '-p', project], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`The packages do not compile:\n${run.stdout}${run.stderr}`);
}

/** Which modules of each package the others import: those are exported, one by one. */
function importedModules(folders: readonly string[]): ReadonlySet<string> {
  const sources = folders.flatMap((folder) => sourcesOf(join(PACKAGES, folder, 'src')));
  const imports = sources.flatMap((path) => [
    ...readFileSync(path, 'utf8').matchAll(/from '(@ai-cost-profiler\/[\w./-]+\.ts)'/g),
  ]);
  return new Set(imports.map(([, specifier]) => specifier!));
}

const sourcesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => join(folder, path));

function buildPackage(
  folder: string,
  compiled: string,
  imported: ReadonlySet<string>,
): BuiltPackage {
  const source = join(PACKAGES, folder);
  const dist = join(source, 'dist');
  rmSync(dist, { recursive: true, force: true });
  cpSync(join(compiled, 'out', folder, 'src'), dist, { recursive: true });
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (/\.(js|d\.ts)$/.test(path)) rewriteSpecifiers(join(dist, path));
  }
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as SourceManifest;
  const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as SourceManifest;
  const modules = [...imported]
    .filter((specifier) => specifier.startsWith(`${manifest.name}/`))
    .map((specifier) => specifier.slice(manifest.name.length + 1));
  const published = publishedManifest(manifest, { root, folder, modules });
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
  copyFileSync(join(ROOT, 'LICENSE'), join(dist, 'LICENSE'));
  const readme = join(source, 'README.md');
  if (!existsSync(readme))
    throw new Error(`instrumentation/${folder} has no README.md to publish.`);
  copyFileSync(readme, join(dist, 'README.md'));
  return { name: manifest.name, dist };
}

/** The compiler rewrites only what it knows to be a relative import, and no declarations. */
function rewriteSpecifiers(path: string): void {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replaceAll(SOURCE_SPECIFIER, '$1$2.js$1'));
}

if (import.meta.main) {
  for (const { name, dist } of buildPackages()) process.stdout.write(`${name}: ${dist}\n`);
}
