/**
 * Sends while nothing asynchronous runs any more: a process of its own does, and this one waits for it. Not where the
 * executable is not Node but the application itself.
 */
import { spawnSync } from 'node:child_process';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { type Environment, environmentOfChild } from './environment.ts';
import type { Errand } from './exit-sender.ts';
import type { OtlpTarget } from './otlp-target.ts';
import type { SpanQueue } from './span-queue.ts';

const SENDER = fileURLToPath(import.meta.resolve('./exit-sender.ts'));

/** What to do at the exit. The headers are asked for now, for then it is too late. */
export function sendingAtExit(
  queue: SpanQueue,
  target: OtlpTarget,
  environment: Environment,
): () => void {
  const { exitFlushMs, isTlsConfigured, protocol } = environment;
  let headers: Record<string, string> = {};
  void target.headers().then((told) => {
    headers = { ...told };
  });
  return () => {
    if (isSea() || process.versions['electron'] !== undefined) return;
    const { url, timeoutMs } = target;
    const errand: Errand = { url, headers, timeoutMs, isTlsConfigured, protocol };
    const body = target.serialize(queue.waiting);
    spawnSync(process.execPath, [SENDER], {
      input: Buffer.concat([Buffer.from(`${JSON.stringify(errand)}\n`), body]),
      timeout: exitFlushMs,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'ignore', 'ignore'],
      env: environmentOfChild(),
      windowsHide: true,
    });
  };
}
