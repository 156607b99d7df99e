/** Folders of test/emitters with one major version of a provider's SDK each and a lock file of their own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installEmitter } from '../emitters/install-emitter.ts';

const run = promisify(execFile);

/** Installs what the folder's lock file names, once; the absolute path of the folder. */
export const installedSdk = (folder: string): Promise<string> => installEmitter(folder);

/** Runs a program of this folder with Node and gives what it wrote as JSON. Rejects with its standard error. */
export async function runProgram(program: string, parameters: readonly string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await run(process.execPath, ['--expose-gc', path, ...parameters], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}
