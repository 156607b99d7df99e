/** The whole conformance suite against a real collector process: nothing of the specification is left out. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCollector, startCollector } from '../start-collector.ts';
import { runSuite } from './run-suite.ts';
import { failedAt, showSuite } from './show-suite.ts';

const LIMIT_BYTES = 1024 * 1024;
const SLOW_MS = 1_000;

let collector: StartedCollector;

beforeAll(async () => {
  const limits = ['--request-bytes-max', String(LIMIT_BYTES), '--request-timeout', `${SLOW_MS}ms`];
  collector = await startCollector(limits);
});

afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

test('the collector is a receiver as OTLP 1.11 describes it, over every transport and coding', async () => {
  const suite = await runSuite(
    {
      httpUrl: collector.url,
      grpcUrl: `http://${collector.grpcTarget}`,
      key: collector.key,
      limitBytes: LIMIT_BYTES,
      slowMs: SLOW_MS,
    },
    () => true,
  );
  const failed = (['MUST', 'SHOULD', 'MAY'] as const).flatMap((level) => failedAt(suite, level));
  expect(failed, showSuite(suite)).toEqual([]);
  expect(suite.results.length).toBeGreaterThan(120);
  // Nothing of it was a fault of ours, and nothing stayed in memory.
  const metrics = await (await fetch(`${collector.url}/metrics`)).text();
  expect(metrics).not.toMatch(/^aicost_otlp_requests_refused_total\{.*code="internal".*\} [1-9]/m);
  expect(metrics).toMatch(/^aicost_otlp_held_bytes 0$/m);
});

test('the examples of docs/receivers.md do what the page says', () => {
  const page = readFileSync(new URL('../../docs/receivers.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const env = { ...process.env, AICOST_KEY: collector.key };
  const [curl, variables, suite] = blocks.map((block) => {
    const script = block
      .replaceAll('http://127.0.0.1:4318', collector.url)
      .replaceAll('127.0.0.1:4317', collector.grpcTarget)
      .replaceAll('npm run test:otlp --', 'node test/otlp/run.ts');
    return execFileSync('sh', ['-euc', script], { encoding: 'utf8', env, cwd });
  });
  expect([curl, variables]).toEqual(['{}', '']);
  expect(suite).toContain('MUST: 3 of 3');
});
