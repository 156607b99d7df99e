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
  return buildPackages().map((built) => {
    const arguments_ = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const [packed] = JSON.parse(npm(built.dist, arguments_)) as [{ readonly filename: string }];
    return { ...built, tarball: join(folder, packed.filename) };
  });
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
