/** The real command `aicost` on a data directory, as a person runs it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../collector/src/main.ts', import.meta.url));
const COMMAND_MS_MAX = 300_000;

export interface CommandEnd {
  readonly code: number | null;
  /** Standard output, and what went to standard error. */
  readonly output: string;
}

/** Never rejects for what the command does. */
export function runAicost(args: readonly string[], dataDir: string): Promise<CommandEnd> {
  const environment = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('AICOST_') && !name.startsWith('VITEST'),
  );
  const child = spawn(process.execPath, [MAIN, ...args, '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(environment), NODE_OPTIONS: '' },
    timeout: COMMAND_MS_MAX,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
