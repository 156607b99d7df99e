/** The packages as a person gets them: built, packed by npm, and installed in an empty project. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltPackage, buildPackages } from '../../scripts/build-packages.ts';

export interface PackedPackage extends BuiltPackage {
  readonly tarball: string;
}

/** `npm pack` of each into `folder`. */
export function packPackages(folder: string): PackedPackage[] {
  const built = buildPackages();
  const quiet = ['--json', '--ignore-scripts', '--pack-destination', folder];
  const answer = npm(folder, ['pack', ...quiet, ...built.map(({ dist }) => dist)]);
  const packed = JSON.parse(answer) as { readonly name: string; readonly filename: string }[];
  const files = new Map(packed.map(({ name, filename }) => [name, filename]));
  return built.map((one) => ({ ...one, tarball: join(folder, files.get(one.name)!) }));
}

/** Makes `folder` a project that has them all, and these packages of the registry: `name@version`. */
export function installPackages(
  folder: string,
  packed: readonly PackedPackage[],
  others: readonly string[],
): void {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  npm(folder, ['install', ...quiet, ...packed.map(({ tarball }) => tarball), ...others]);
}

function npm(cwd: string, arguments_: readonly string[]): string {
  return execFileSync('npm', arguments_, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
