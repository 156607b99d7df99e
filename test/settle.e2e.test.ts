import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const run = promisify(execFile);
let collector: StartedCollector;

beforeAll(async () => {
  collector = await startCollector(['--settle', 'off']);
  // It takes spans before its engine is up; settle asks the engine.
  const canAnswer = await eventually(
    () => collector.getJson('/readyz?for=query'),
    ({ status }) => status === 200,
  );
  expect(canAnswer).toMatchObject({ status: 200 });
});

afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

interface SpanFacts {
  id: number;
  parent?: number;
  trace?: number;
  name: string;
  attributes: Record<string, string | number>;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

async function send(scope: string, spans: SpanFacts[]): Promise<void> {
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'app' } }] },
        scopeSpans: [{ scope: { name: scope }, spans: spans.map(toOtlp) }],
      },
    ],
  };
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect({ status: response.status, text: await response.text() }).toEqual({
    status: 200,
    text: '{}',
  });
}

function toOtlp({ id, parent, trace = 1, name, attributes }: SpanFacts): object {
  const start = 1787227200000000000n + BigInt(id) * 1000n;
  return {
    traceId: hex(trace, 32),
    spanId: hex(id, 16),
    parentSpanId: parent === undefined ? '' : hex(parent, 16),
    name,
    kind: 3,
    startTimeUnixNano: String(start),
    // An inner span ends before its outer one.
    endTimeUnixNano: String(start + 1_000_000n - BigInt(id) * 10_000n),
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
    })),
  };
}

function chat(input: number, output: number, more: Record<string, string> = {}) {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-2024-08-06',
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
    ...more,
  };
}

async function settle(): Promise<{ entries: number }> {
  const { stdout } = await run(process.execPath, [
    MAIN,
    'settle',
    '--json',
    '--data-dir',
    collector.dataDir,
  ]);
  return JSON.parse(stdout);
}

async function sums(): Promise<string> {
  return eventually(
    () =>
      collector.sql(
        `SELECT sum(calls), sum(cost_usd), (SELECT sum(cost_usd) FROM cost_hourly),
          (SELECT sum(calls) FROM cost_daily) FROM ledger`,
      ),
    (text) => new Set(text.split('\t').slice(1, 3)).size === 1,
  );
}

it('bills each physical call once, for whom its ancestors tell, and converges', async () => {
  // A request tells the user; a framework and an SDK show the same call below it.
  await send('http', [
    { id: 1, name: 'POST /ask', attributes: { 'user.id': 'u-7', 'session.id': 's-1' } },
  ]);
  await send('langchain', [{ id: 2, parent: 1, name: 'ChatOpenAI', attributes: chat(1000, 100) }]);
  await send('openai', [
    {
      id: 3,
      parent: 2,
      name: 'chat',
      attributes: chat(1000, 100, { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU' }),
    },
  ]);
  // A gateway in another trace shows the same response.
  await send('gateway', [
    {
      id: 4,
      trace: 2,
      name: 'proxy',
      attributes: chat(1000, 100, { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU' }),
    },
  ]);
  // Nobody reports the calls below this agent.
  await send('sdk', [
    {
      id: 5,
      trace: 3,
      name: 'agent',
      attributes: { ...chat(400, 40), 'gen_ai.operation.name': 'invoke_agent' },
    },
  ]);
  expect((await settle()).entries).toBeGreaterThan(0);
  // 1,000 in at 2.50 and 100 out at 10 a million, and the agent's 400 and 40: 0.0035 + 0.0014.
  expect(await sums()).toBe('2\t0.0049\t0.0049\t2');
  expect((await settle()).entries).toBe(0);
  const bill = await collector.sql(
    'SELECT role, user, session, sum(cost_usd) FROM ledger GROUP BY ALL HAVING sum(calls) > 0 ORDER BY role',
  );
  expect(bill).toBe('agent_only\t\t\t0.0014\nleaf\tu-7\ts-1\t0.0035');
});

it('takes a late span into account, and keeps what is not billed visible with the reason', async () => {
  await send('openai', [{ id: 6, parent: 5, trace: 3, name: 'chat', attributes: chat(400, 40) }]);
  await settle();
  expect(await sums()).toBe('2\t0.0049\t0.0049\t2');
  const agent = await collector.sql(
    `SELECT argMax(role, recorded_at), argMax(calls, recorded_at) FROM ledger
     WHERE kind = 'charge' AND span_id = '${hex(5, 16)}'`,
  );
  expect(agent).toBe('aggregate\t0');
  expect((await settle()).entries).toBe(0);
});

it('bills the newest version of a span that came again with other bytes', async () => {
  await send('openai', [{ id: 6, parent: 5, trace: 3, name: 'chat', attributes: chat(400, 50) }]);
  await settle();
  expect(await sums()).toBe('2\t0.005\t0.005\t2');
});
