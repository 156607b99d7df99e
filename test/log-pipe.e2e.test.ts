/** A collector whose log nobody reads any more goes on, and ends when it is told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventually } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));

it('goes on without its log when the reader of the pipe is gone, and drains on SIGTERM', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'aicost-e2e-'));
  const places = ['--http', '127.0.0.1:0', '--grpc', 'off', '--sql', 'off'];
  const args = [MAIN, 'start', '--data-dir', dataDir, '--log-level', 'trace', ...places];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'exit');
  try {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.stderr.resume();
    await eventually(
      async () => text,
      (said) => said.includes('Page:'),
      60_000,
    );
    child.stderr.destroy();
    const url = /Page: +(\S+)/.exec(text)?.[1] ?? '';
    // Each request is a line of the log.
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  }
});
