/**
 * Sends while nothing asynchronous runs any more: a process of its own does, and this one waits for it. Not where the
 * executable is not Node but the application itself.
 */
import { spawnSync } from 'node:child_process';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { type Environment, environmentOfChild } from './environment.ts';
import type { Errand } from './exit-sender.ts';
import type { LazyTarget } from './lazy-target.ts';
import type { SpanQueue } from './span-queue.ts';

const SENDER = fileURLToPath(import.meta.resolve('./exit-sender.ts'));

/** What to do at the exit. */
export function sendingAtExit(
  queue: SpanQueue,
  lazyTarget: LazyTarget,
  { exitFlushMs, isTlsConfigured, protocol }: Environment,
): () => void {
  return () => {
    if (isSea() || process.versions['electron'] !== undefined) return;
    const { url, timeoutMs, serialize } = lazyTarget.loadNow();
    const { headers } = lazyTarget;
    // What is not known here, or cannot be told, the other process reads from the same environment.
    const told = headers === undefined || isTlsConfigured ? undefined : { url, headers, timeoutMs };
    const errand: Errand = { protocol, told };
    spawnSync(process.execPath, [SENDER], {
      input: Buffer.concat([Buffer.from(`${JSON.stringify(errand)}\n`), serialize(queue.waiting)]),
      timeout: exitFlushMs,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'ignore', 'ignore'],
      env: environmentOfChild(),
      windowsHide: true,
    });
  };
}
