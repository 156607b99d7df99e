/** The folders under test/emitters that hold one major of a provider's SDK each, with a lock file of their own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const EMITTERS = new URL('../emitters/', import.meta.url);

/** Installs what the folder's lock file names, once; the absolute path of the folder. */
export async function installedSdk(folder: string): Promise<string> {
  const path = fileURLToPath(new URL(`${folder}/`, EMITTERS));
  if (!existsSync(`${path}node_modules/.package-lock.json`)) {
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await run('npm', ['ci', ...flags], { cwd: path });
  }
  return path;
}

/** Runs a program of this folder with Node and gives what it wrote as JSON. Rejects with its standard error. */
export async function runProgram(program: string, parameters: readonly string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await run(process.execPath, ['--expose-gc', path, ...parameters], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}
