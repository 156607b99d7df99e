/** Log requests through the real stages to a real journal: which records are kept, as what, and what is not stored. */
import { join } from 'node:path';
import { expect, it, onTestFinished, test } from 'vitest';
import { diskFiles } from './journal/segment-files.ts';
import { attribute, NOW_MS, openRoad, type TestRoad } from './test-road.ts';

async function begin(options: Parameters<typeof openRoad>[0] = {}): Promise<TestRoad> {
  const road = await openRoad(options);
  onTestFinished(async () => {
    await road.close();
    await road.remove();
  });
  return road;
}

/** All rows that are durable, as bytes. */
async function stored({ directory }: TestRoad): Promise<Buffer> {
  const names = await diskFiles.list(join(directory, 'open'));
  const pathOf = (name: string) => join(directory, 'open', name, 'rows.native');
  // A folder that is made in advance may have no file yet, of which nothing is read.
  const files = names.map((name) => diskFiles.readRange(pathOf(name), 0, Number.MAX_SAFE_INTEGER));
  return Buffer.concat(await Promise.all(files));
}

async function outcomes({ metrics }: TestRoad): Promise<Record<string, number>> {
  const { values } = await metrics.aicost_log_records_total.get();
  const told = values.filter(({ value }) => value > 0);
  return Object.fromEntries(told.map(({ labels, value }) => [labels.outcome, value]));
}

function request(records: readonly object[], scope = 'com.anthropic.claude_code.events'): object {
  const resource = { attributes: [attribute('service.name', 'claude-code')] };
  return {
    resourceLogs: [{ resource, scopeLogs: [{ scope: { name: scope }, logRecords: records }] }],
  };
}

function record(attributes: Record<string, unknown>, fields: object = {}): object {
  return {
    timeUnixNano: `${NOW_MS}000000`,
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    ...fields,
  };
}

const REQUEST = {
  'event.name': 'api_request',
  'session.id': 'session-one',
  model: 'claude-sonnet-4-5',
  input_tokens: '12',
  output_tokens: '34',
  cost_usd: '0.001',
};
const CLAUDE_BODY = { body: { stringValue: 'claude_code.api_request' } };
const FINE = { rejected: 0, message: '' };

test.for<[string, object]>([
  ['in the attribute, short', record(REQUEST)],
  ['in the body', record({ ...REQUEST, 'event.name': 'other' }, CLAUDE_BODY)],
  ['in the field of its own', record(REQUEST, { eventName: 'claude_code.api_request' })],
  [
    'beside a place in the source, as a logging bridge writes it',
    record(REQUEST, { eventName: 'event src/otel.rs:12' }),
  ],
])('an event whose name is %s is kept', async ([, one]) => {
  const road = await begin();
  expect(await road.sendLogs(request([one]))).toMatchObject(FINE);
  expect(await outcomes(road)).toEqual({ accepted: 1 });
  const rows = await stored(road);
  for (const text of ['claude_code.api_request', 'claude_code_log', 'log event waits for settle']) {
    expect(rows.includes(text), text).toBe(true);
  }
});

it('takes every other record and drops it, counted', async () => {
  const road = await begin();
  const records = [
    record({ 'event.name': 'user_prompt', prompt: 'a secret prompt' }),
    record({}, { body: { stringValue: 'a plain line' } }),
    record({ ...REQUEST, input_tokens: '', output_tokens: '', cost_usd: '' }),
    record({ 'event.name': 'codex.sse_event', 'event.kind': 'response.created' }),
  ];
  expect(await road.sendLogs(request(records))).toMatchObject(FINE);
  expect(await outcomes(road)).toEqual({ other: 2, no_usage: 2 });
  expect((await stored(road)).length).toBe(0);
});

it('keeps a record whose counts cannot be read: what was used is unknown, not nothing', async () => {
  const road = await begin();
  const unreadable = { ...REQUEST, input_tokens: 'x', output_tokens: 'y', cost_usd: '' };
  await road.sendLogs(request([record(unreadable)]));
  expect(await outcomes(road)).toEqual({ accepted: 1 });
});

it('keeps a record once, however often it is sent', async () => {
  const road = await begin();
  await road.sendLogs(request([record(REQUEST)]));
  await road.sendLogs(request([record(REQUEST), record(REQUEST)]));
  expect(await outcomes(road)).toEqual({ accepted: 1, duplicate: 2 });
  await road.sendLogs(request([record({ ...REQUEST, 'event.sequence': 2 })]));
  expect(await outcomes(road)).toMatchObject({ accepted: 2 });
});

it('stores neither body nor content unless that is asked for', async () => {
  const content = record(
    { ...REQUEST, prompt: 'the prompt text' },
    { body: { stringValue: 'the body text' } },
  );
  const closed = await begin();
  await closed.sendLogs(request([content]));
  const rows = await stored(closed);
  expect([rows.includes('the body text'), rows.includes('the prompt text')]).toEqual([
    false,
    false,
  ]);
  expect(rows.includes('log.body')).toBe(true);
  const open = await begin({ isContentStored: true });
  await open.sendLogs(request([content]));
  expect((await stored(open)).includes('the body text')).toBe(true);
});

it('refuses a record without a time, and says so in words of logs', async () => {
  const road = await begin();
  const outcome = await road.sendLogs(request([record(REQUEST, { timeUnixNano: '0' })]));
  expect(outcome.rejected).toBe(1);
  expect(outcome.message).toMatch(/^1 log record refused: 1 start_time 0/);
  const observed = { timeUnixNano: '0', observedTimeUnixNano: `${NOW_MS}000000` };
  expect(await road.sendLogs(request([record(REQUEST, observed)]))).toMatchObject(FINE);
});

it('an event without a session stands below the span it was made in', async () => {
  const road = await begin();
  const traceId = 'ab'.repeat(16);
  const { 'session.id': _, ...withoutSession } = REQUEST;
  const context = { traceId, spanId: 'cd'.repeat(8) };
  await road.sendLogs(request([record(withoutSession, context)]));
  expect((await stored(road)).includes(traceId)).toBe(true);
});

it.for<[string, string]>([
  ['{', 'JSON'],
  ['{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"x"}]}]}]}', 'timeUnixNano'],
])('refuses %s whole', async ([text, named]) => {
  const road = await begin();
  await expect(road.sendLogs(text)).rejects.toThrow(named);
});
