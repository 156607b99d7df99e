/** Log events and metrics over HTTP, through a real collector: one signal is billed, once, and metrics never. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const START_NS = 1787227200000000000n;
const run = promisify(execFile);
let collector: StartedCollector;

beforeAll(async () => {
  collector = await startCollector(['--settle', 'off']);
  // It takes requests before its tables are there; settle is asked for once they are.
  await eventually(askToSettle, (last) => 'done' in last);
});

afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

type Values = Record<string, string | number>;

const attributes = (values: Values) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

const RESOURCE = { attributes: attributes({ 'service.name': 'claude-code' }) };

async function post(signal: string, body: object): Promise<void> {
  const response = await fetch(`${collector.url}/v1/${signal}`, {
    method: 'POST',
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([response.status, await response.text()]).toEqual([200, '{}']);
}

/** As Claude Code sends it: the name in the body, short in `event.name`; counts are texts before mid-2026. */
function apiRequest(session: string, sequence: number, more: Values = {}): object {
  return {
    timeUnixNano: String(START_NS + BigInt(sequence)),
    observedTimeUnixNano: String(START_NS + BigInt(sequence)),
    severityNumber: 9,
    body: { stringValue: 'claude_code.api_request' },
    attributes: attributes({
      'event.name': 'api_request',
      'event.sequence': sequence,
      'session.id': session,
      model: 'claude-sonnet-4-5',
      input_tokens: '1000',
      output_tokens: '200',
      cache_read_tokens: '400',
      cache_creation_tokens: '0',
      cost_usd: '0.00612',
      ...more,
    }),
  };
}

const logs = (records: object[]) =>
  post('logs', {
    resourceLogs: [
      {
        resource: RESOURCE,
        scopeLogs: [{ scope: { name: 'com.anthropic.claude_code.events' }, logRecords: records }],
      },
    ],
  });

const llmSpan = (session: string, id: number) =>
  post('traces', {
    resourceSpans: [
      {
        resource: RESOURCE,
        scopeSpans: [
          {
            scope: { name: 'com.anthropic.claude_code.tracing' },
            spans: [
              {
                traceId: id.toString(16).padStart(32, '0'),
                spanId: id.toString(16).padStart(16, '0'),
                name: 'claude_code.llm_request',
                kind: 1,
                startTimeUnixNano: String(START_NS),
                endTimeUnixNano: String(START_NS + 1000n),
                attributes: attributes({
                  'span.type': 'llm_request',
                  'session.id': session,
                  'gen_ai.system': 'anthropic',
                  model: 'claude-sonnet-4-5',
                  input_tokens: 1000,
                  output_tokens: 200,
                  cache_read_tokens: 400,
                  cache_creation_tokens: 0,
                }),
              },
            ],
          },
        ],
      },
    ],
  });

/** What `aicost settle` asks for; its last line tells what was done. */
async function askToSettle(): Promise<object> {
  const response = await fetch(`${collector.url}/api/v1/admin/settle`, {
    method: 'POST',
    headers: { 'x-api-key': collector.key },
  });
  return JSON.parse((await response.text()).trim().split('\n').at(-1)!) as object;
}

async function settle(): Promise<number> {
  const last = await askToSettle();
  expect(last).toMatchObject({ done: true, entries: expect.any(Number) });
  return (last as { entries: number }).entries;
}

/** `calls  cost  input tokens` of a session. */
function billed(session: string): Promise<string> {
  return collector.sql(
    `SELECT sum(calls), sum(cost_usd), sum(in_uncached) FROM ledger WHERE session = '${session}'`,
  );
}

function roles(session: string): Promise<string> {
  return collector.sql(
    `SELECT role, count(), any(splitByChar(':', role_reason)[1]) FROM
       (SELECT span_id, argMax(role, recorded_at) AS role, argMax(role_reason, recorded_at) AS role_reason
        FROM ledger WHERE session = '${session}' AND kind = 'charge' GROUP BY span_id)
     GROUP BY role ORDER BY role`,
  );
}

it('bills log events once where there are no spans, at what the sender says without a price', async () => {
  await logs([apiRequest('only-logs', 1), apiRequest('only-logs', 2)]);
  await logs([apiRequest('only-logs', 1)]);
  expect(await billed('only-logs')).toBe('0\t\\N\t\\N');
  expect(await settle()).toBe(2);
  expect(await billed('only-logs')).toBe('2\t0.01224\t2000');
  expect(await settle()).toBe(0);
  await logs([apiRequest('only-logs', 2)]);
  expect(await settle()).toBe(0);
  const stored = await collector.sql(
    "SELECT count(), any(name), any(toString(kind)), any(dialect) FROM spans WHERE session = 'only-logs'",
  );
  expect(stored).toBe('2\tclaude_code.api_request\tUNSPECIFIED\tclaude_code_log');
});

it('bills the spans of a session, and shows its log events as mirrors', async () => {
  await logs([apiRequest('both', 1)]);
  await llmSpan('both', 1);
  await settle();
  // 1,000 in at 3, 400 from the cache at 0.30, 200 out at 15 USD a million.
  expect(await billed('both')).toBe('1\t0.00612\t1000');
  expect(await roles('both')).toBe('leaf\t1\toperation chat\nmirror\t1\tsignal_duplicate');
});

it('takes the bill of log events back when spans come late', async () => {
  await logs([apiRequest('late', 1)]);
  await settle();
  expect(await roles('late')).toMatch(/^leaf\t1\tlog event/);
  await llmSpan('late', 2);
  await settle();
  expect(await billed('late')).toBe('1\t0.00612\t1000');
  expect(await roles('late')).toBe('leaf\t1\toperation chat\nmirror\t1\tsignal_duplicate');
  expect(await settle()).toBe(0);
});

it('drops other log records, and keeps no text of any', async () => {
  const secret = { stringValue: 'the prompt of a user' };
  await logs([
    { timeUnixNano: String(START_NS), body: secret, attributes: attributes({ 'event.name': 'x' }) },
    { ...apiRequest('content', 1), body: secret },
  ]);
  await settle();
  expect(await collector.sql("SELECT count() FROM spans WHERE session = 'content'")).toBe('1');
  const found = await collector.sql(
    "SELECT count() FROM spans WHERE toString(tuple(*)) LIKE '%the prompt of a user%'",
  );
  expect(found).toBe('0');
});

it('keeps token and cost metrics as control totals, and bills none of them', async () => {
  const before = await collector.sql('SELECT count(), sum(cost_usd) FROM ledger');
  const point = (value: object, values: Values) => ({
    startTimeUnixNano: String(START_NS),
    timeUnixNano: String(START_NS + 60_000_000_000n),
    attributes: attributes({ 'session.id': 'both', model: 'claude-sonnet-4-5', ...values }),
    ...value,
  });
  const sum = (dataPoints: object[]) => ({
    sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints },
  });
  const body = {
    resourceMetrics: [
      {
        resource: RESOURCE,
        scopeMetrics: [
          {
            scope: { name: 'com.anthropic.claude_code' },
            metrics: [
              {
                name: 'claude_code.token.usage',
                ...sum([point({ asDouble: 1000 }, { type: 'input' })]),
              },
              { name: 'claude_code.cost.usage', ...sum([point({ asDouble: 0.00612 }, {})]) },
              { name: 'claude_code.session.count', ...sum([point({ asInt: '1' }, {})]) },
            ],
          },
        ],
      },
    ],
  };
  await post('metrics', body);
  await post('metrics', body);
  const kept = await eventually(
    () =>
      collector.sql(
        `SELECT metric, unit, service, session, token_type, temporality, value
         FROM control_totals FINAL ORDER BY metric`,
      ),
    (text) => text.split('\n').length === 2,
  );
  expect(kept).toBe(
    'claude_code.cost.usage\tusd\tclaude-code\tboth\t\tdelta\t0.00612\n' +
      'claude_code.token.usage\ttokens\tclaude-code\tboth\tinput\tdelta\t1000',
  );
  expect(await collector.sql('SELECT count(), sum(cost_usd) FROM ledger')).toBe(before);
});

it.for(['logs', 'metrics'])(
  'refuses %s that are none, and takes an empty request',
  async (signal) => {
    await post(signal, {});
    const response = await fetch(`${collector.url}/v1/${signal}`, {
      method: 'POST',
      headers: { 'x-api-key': collector.key, 'content-type': 'application/x-protobuf' },
      body: Uint8Array.of(0x0a, 0x7f, 0x00),
    });
    expect(response.status).toBe(400);
  },
);

it('leaves a ledger that verifies', async () => {
  const flags = ['verify', '--json', '--data-dir', collector.dataDir];
  await expect(run(process.execPath, [MAIN, ...flags])).resolves.toBeDefined();
});
