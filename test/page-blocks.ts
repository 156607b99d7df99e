/** The shell commands of a page, in its order, so that tests run what people read. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'collector/src/main.ts');

/** Blocks marked `sh`; those marked otherwise are not run. */
function shellBlocks(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block!);
}

/** The block that has this in it. */
export function blockWith(page: string, text: string): string {
  const found = shellBlocks(page).find((block) => block.includes(text));
  if (found === undefined) throw new Error(`${page} has no block with ${text}`);
  return found;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a block with our own program and Node in place of `npx aicost`. */
export function runBlock(block: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const script = block.replaceAll('npx aicost', `node --no-warnings '${MAIN}'`);
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const options = { env: { ...process.env, PATH, ...env } };
  return new Promise((resolve) => {
    execFile('bash', ['-ec', script], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}
