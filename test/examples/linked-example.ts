/**
 * An example beside packages that other tests install anyway, so that nothing is installed for it: a copy of its folder
 * whose `node_modules` are those of a folder of `test/emitters/`, in a place that looks like this repository.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { installEmitter } from '../emitters/install-emitter.ts';
import { EXAMPLES } from './run-example.ts';

const ROOT = join(EXAMPLES, '..');

/** What `package.json` of a folder pins. */
export function dependenciesOf(folder: string): Record<string, string> {
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies;
}

/** Calls `use` with the example's copy, and removes it. */
export async function withLinkedExample<T>(
  example: string,
  emitter: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const installed = await installEmitter(emitter);
  const place = mkdtempSync(join(tmpdir(), 'aicost-example-'));
  try {
    for (const name of ['test', 'node_modules']) symlinkSync(join(ROOT, name), join(place, name));
    const folder = join(place, 'examples', example);
    mkdirSync(folder, { recursive: true });
    cpSync(join(EXAMPLES, example), folder, {
      recursive: true,
      filter: (path) => basename(path) !== 'node_modules',
    });
    symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'));
    return await use(folder);
  } finally {
    rmSync(place, { recursive: true });
  }
}
