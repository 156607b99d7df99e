/** The packages of a folder of `test/emitters/`, installed from its lock file when they are not there yet. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 110_000;
const PAUSE_MS = 100;
const COMMAND = 'npm ci --ignore-scripts --prefer-offline --no-audit --no-fund';

/** Its folder, with `node_modules` in it. Several test files may ask at once: one installs, the others wait. */
export async function installEmitter(name: string): Promise<string> {
  const folder = join(import.meta.dirname, name);
  const lock = join(folder, '.installing');
  const done = join(folder, 'node_modules', '.package-lock.json');
  const deadline = Date.now() + WITHIN_MS;
  while (!existsSync(done) || existsSync(lock)) {
    if (Date.now() > deadline) throw new Error(`${folder} is not installed; remove ${lock}.`);
    if (takeLock(lock)) {
      try {
        if (!existsSync(done)) execFileSync(COMMAND, { cwd: folder, shell: true, stdio: 'pipe' });
      } finally {
        rmdirSync(lock);
      }
    } else await sleep(PAUSE_MS);
  }
  return folder;
}

/** A folder can be made by one process only. */
function takeLock(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
