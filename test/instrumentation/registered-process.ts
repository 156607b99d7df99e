/** A Node process that starts with the register entry, as applications do. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const REGISTER = fileURLToPath(
  new URL('../../instrumentation/node/src/register.ts', import.meta.url),
);

export interface EndedProcess {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** Waits until it ends. `signal` is sent once it has written something. */
export async function runRegistered(
  line: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal?: NodeJS.Signals,
): Promise<EndedProcess> {
  const child = spawn(process.execPath, ['--import', REGISTER, ...line], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  const ended = new Promise<Pick<EndedProcess, 'code' | 'signal'>>((resolve) =>
    child.once('exit', (code, endedBy) => resolve({ code, signal: endedBy })),
  );
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { ...(await ended), output, errors };
}
