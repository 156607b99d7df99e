/**
 * What a first user waits for: from `aicost start` on an empty data directory to ready, and from the answer to a span
 * to its cost in the breakdown. Whole-process times on this machine; the start stands beside that of an empty Node.
 * `node bench/first-span.bench.ts [--runs N]`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const LAUNCHER = fileURLToPath(new URL('../scripts/aicost.cjs', import.meta.url));
const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' } } });

const SPAN = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'chat',
  startTimeUnixNano: '1787227200000000000',
  endTimeUnixNano: '1787227201000000000',
  attributes: [
    ['gen_ai.operation.name', { stringValue: 'chat' }],
    ['gen_ai.provider.name', { stringValue: 'openai' }],
    ['gen_ai.request.model', { stringValue: 'gpt-4o-2024-08-06' }],
    ['gen_ai.usage.input_tokens', { intValue: '1000' }],
    ['gen_ai.usage.output_tokens', { intValue: '500' }],
  ].map(([key, value]) => ({ key, value })),
};

/** Resolves with the address once the collector says that it is ready. */
function whenReady(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const url = /^ *Page: +(\S+?)\/$/m.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`the collector ended with code ${code}`)));
  });
}

async function untilVisible(url: string, key: string): Promise<number> {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [SPAN] }] }] });
  const answer = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`the span was answered with ${answer.status}`);
  const startedMs = performance.now();
  const range = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z&by=model';
  for (;;) {
    const found = await fetch(`${url}/api/v1/costs/breakdown?${range}`, { headers });
    if ((await found.text()).includes('"cost_usd":"0.0075"')) return performance.now() - startedMs;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function run(): Promise<{ readyMs: number; visibleMs: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aicost-first-'));
  const flags = ['--data-dir', dataDir, '--http', '127.0.0.1:0', '--sql', 'off', '--grpc', 'off'];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [LAUNCHER, 'start', ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const url = await whenReady(child);
    const readyMs = performance.now() - startedMs;
    const key = readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();
    return { readyMs, visibleMs: await untilVisible(url, key) };
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const emptyStartedMs = performance.now();
spawnSync(process.execPath, ['-e', '0']);
const emptyMs = performance.now() - emptyStartedMs;
for (let i = 0; i < Number(values.runs); i++) {
  const { readyMs, visibleMs } = await run();
  const ratio = (readyMs / emptyMs).toFixed(1);
  process.stdout.write(
    `ready after ${Math.round(readyMs)} ms (${ratio} × an empty Node), visible ${Math.round(visibleMs)} ms after the answer\n`,
  );
}
