/** A collector whose ClickHouse server is away when it starts waits for it, and takes spans meanwhile. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventually } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));

it('does not end for want of anything to wait for', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'aicost-e2e-'));
  // Nobody listens on port 1.
  const places = [
    '--http',
    '127.0.0.1:0',
    '--grpc',
    'off',
    '--clickhouse-url',
    'http://127.0.0.1:1',
  ];
  const args = [MAIN, 'start', '--data-dir', dataDir, ...places];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = once(child, 'exit');
  try {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const isOver = () => child.exitCode !== null;
    await eventually(
      async () => text,
      (said) => said.includes('Page:') || isOver(),
      60_000,
    );
    expect(child.exitCode).toBeNull();
    const url = /Page: +(\S+)/.exec(text)?.[1] ?? '';
    expect((await fetch(`${url}healthz`)).status).toBe(200);
  } finally {
    child.kill('SIGKILL');
    await closed;
    rmSync(dataDir, { recursive: true, force: true });
  }
});
