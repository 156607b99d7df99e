/** From an embedded collector to a server and on: the commands of docs/operations.md. An engine over TCP stands in. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  startTestEngine,
  type TestEngine,
} from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, type StartedCollector, startCollector, startIn } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
/** After everything: "now" would be another instant in each question. */
const TO = new Date(Date.now() + 3_600_000).toISOString();
let server: TestEngine;
let url: string;
let collector: StartedCollector;
let after: StartedCollector | undefined;

beforeAll(async () => {
  server = await startTestEngine({ listen: { kind: 'tcp', host: '127.0.0.1', port: 0 } });
  const { address } = server;
  url = 'port' in address ? `http://${address.host}:${address.port}` : '';
  collector = await startCollector();
});
afterAll(async () => {
  await (after ?? collector).stop();
  await server.remove();
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function aicost(...line: string[]): Promise<Ended> {
  const command = [MAIN, ...line, '--data-dir', collector.dataDir];
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

async function totals(of: StartedCollector): Promise<{ calls: number; cost_usd: string }> {
  const { body } = await of.getJson(`/api/v1/costs/breakdown?from=now-3d&to=${TO}&by=model`);
  return (body as { totals: { calls: number; cost_usd: string } }).totals;
}

it('is refused while the collector runs, for it would go on storing', async () => {
  const { code, stderr } = await aicost('move', '--clickhouse-url', url);
  expect(stderr).toMatch(/is in use by process \d+.*Stop that process/);
  expect(code).toBe(1);
  expect((await aicost('move')).stderr).toContain('--clickhouse-url is missing');
});

it('copies what a killed collector left, its journal too, and a collector goes on on the server', async () => {
  expect(await aicost('demo')).toMatchObject({ code: 0 });
  await aicost('settle');
  const before = await totals(collector);
  expect(before.calls).toBeGreaterThan(0);
  process.kill(collector.pid, 'SIGKILL');
  const { code, stdout } = await aicost('move', '--clickhouse-url', url, '--json');
  const told = JSON.parse(stdout) as { equal: boolean; tables: { table: string }[] };
  expect({ code, equal: told.equal }).toEqual({ code: 0, equal: true });
  expect(told.tables.map(({ table }) => table)).toEqual(
    expect.arrayContaining(['spans', 'ledger', 'cost_hourly', 'control']),
  );
  after = await startIn(collector.dataDir, ['--clickhouse-url', url]);
  expect(after.key).toBe(collector.key);
  expect(
    await eventually(
      () => totals(after!),
      ({ calls }) => calls === before.calls,
    ),
  ).toEqual(before);
  expect(await aicost('verify')).toMatchObject({ code: 0 });
});
