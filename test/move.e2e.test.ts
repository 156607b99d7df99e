/** From an embedded collector to a server and on: as docs/operations.md says it. An engine over TCP stands in. */
import {
  startTestEngine,
  type TestEngine,
} from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blockWith, type Ended, runBlock } from './page-blocks.ts';
import { eventually, type StartedCollector, startCollector, startIn } from './start-collector.ts';

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

const aicost = (line: string): Promise<Ended> =>
  runBlock(`npx aicost ${line}`, { AICOST_DATA_DIR: collector.dataDir });

/** As the page says it, to the server that is here. */
const move = (more = ''): Promise<Ended> => {
  const block = blockWith('docs/operations.md', 'aicost move').trim();
  const here = block.replace('http://aicost@clickhouse:8123', url);
  return runBlock(`${here} ${more}`, { AICOST_DATA_DIR: collector.dataDir });
};

async function totals(of: StartedCollector): Promise<{ calls: number; cost_usd: string }> {
  const { body } = await of.getJson(`/api/v1/costs/breakdown?from=now-3d&to=${TO}&by=model`);
  return (body as { totals: { calls: number; cost_usd: string } }).totals;
}

it('is refused while the collector runs, for it would go on storing', async () => {
  const { code, stderr } = await move();
  expect(stderr).toMatch(/is in use by process \d+.*Stop that process/);
  expect(code).toBe(1);
  expect((await aicost('move')).stderr).toContain('--clickhouse-url is missing');
});

it('copies what a killed collector left, its journal too, and a collector goes on on the server', async () => {
  const demo = await aicost('demo');
  expect(demo.code, demo.stderr).toBe(0);
  await aicost('settle');
  const before = await totals(collector);
  expect(before.calls).toBeGreaterThan(0);
  process.kill(collector.pid, 'SIGKILL');
  const { code, stdout } = await move('--json');
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
