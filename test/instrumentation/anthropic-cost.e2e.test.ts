/**
 * What calls of Anthropic's SDK cost, told by a real collector. The SDK traces itself too, so each call is seen twice:
 * by its span and by ours below it.
 */
import { createRequire } from 'node:module';
import { instrumentAnthropic } from '@ai-cost-profiler/anthropic/anthropic-instrumentation.ts';
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { AsyncContexts } from '@ai-cost-profiler/core/test-tracing.ts';
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installEmitter } from '../emitters/install-emitter.ts';
import { eventually, type StartedCollector, startCollector } from '../start-collector.ts';
import { ANTHROPIC_CASES } from './anthropic-cases.ts';
import type { Client, ClientClass } from './anthropic-shapes.ts';
import { type FakeAnthropic, startFakeAnthropic } from './fake-anthropic.ts';

interface Row {
  readonly feature: string | null;
  readonly calls: number;
  readonly unpriced_calls: number;
  readonly cost_usd: string | null;
}

let collector: StartedCollector;
let provider: FakeAnthropic;
let processor: BatchSpanProcessor;
const clients: Record<string, Client> = {};
const surroundings = { instrumentation: { enable: () => undefined, disable: () => undefined } };

beforeAll(async () => {
  collector = await startCollector(['--settle-after', '1s']);
  provider = await startFakeAnthropic();
  const headers = { 'x-api-key': collector.key };
  const exporter = new OTLPTraceExporter({ url: `${collector.url}/v1/traces`, headers });
  processor = new BatchSpanProcessor({ exporter });
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
  context.setGlobalContextManager(new AsyncContexts());
  const require = createRequire(`${await installEmitter('anthropic-1')}/test.cjs`);
  const { Anthropic } = require('@anthropic-ai/sdk') as { Anthropic: ClientClass };
  const { AnthropicBedrock } = require('@anthropic-ai/bedrock-sdk') as {
    AnthropicBedrock: ClientClass;
  };
  instrumentAnthropic(Anthropic, {
    content: 'fingerprint',
    fingerprintKey: 'a secret of 16 bytes',
  });
  const baseURL = provider.url;
  clients['anthropic'] = new Anthropic({ apiKey: 'test', baseURL, logLevel: 'off' });
  clients['bedrock'] = new AnthropicBedrock({ baseURL, skipAuth: true, awsRegion: 'eu-west-1' });
});

afterAll(async () => {
  await provider.close();
  expect(await collector.stop()).toBe(0);
});

async function call(feature: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = clients[feature.startsWith('bedrock') ? 'bedrock' : 'anthropic']!;
  await withAttribution({ feature }, () => work(client));
}

/** 12 tokens in, 100 and 200 written to the cache, 1000 read from it, 50 out, a tenth more in the US; 2 searches. */
const WHOLE = '0.0229271';

/** What each case costs: calls, and USD. */
const BILL: Readonly<Record<string, readonly [calls: number, cost: string]>> = {
  whole: [1, WHOLE],
  stream: [1, WHOLE],
  helper: [1, WHOLE],
  'raw JSON': [1, WHOLE],
  'raw events': [1, WHOLE],
  'overloaded twice': [1, WHOLE],
  // A summary of 5000 and 400 tokens, and advice of claude-opus-4-1 for 70 and 7.
  compaction: [3, '0.0476021'],
  // Two results, tokens at half their price; searches have one price.
  batch: [2, '0.0429271'],
  // 12, 300 written, 1000 read, 50 out: regional profiles cost a tenth more.
  'bedrock global': [1, '0.002211'],
  'bedrock eu': [1, '0.0024321'],
};
const FREE = ['token count'];

it('bills each call once, with all that it used', async () => {
  const names = [...Object.keys(BILL), ...FREE].filter((name) => !name.startsWith('bedrock'));
  for (const name of [...names, 'batch']) {
    await call(name, (client) => ANTHROPIC_CASES[name]!(client, surroundings));
  }
  const body = { max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] };
  for (const profile of ['global', 'eu']) {
    const model = `${profile}.anthropic.claude-sonnet-4-5-20250929-v1:0`;
    await call(`bedrock ${profile}`, (client) => client.messages.create({ ...body, model }));
  }
  await processor.forceFlush();
  const path = '/api/v1/costs/breakdown?from=now-1h&to=now&by=feature';
  const rows = async () => ((await collector.getJson(path)).body as { rows: Row[] }).rows;
  // The SDK's own spans tell no feature; what was charged of them is taken back.
  const isSettled = (seen: readonly Row[]) =>
    seen.length >= Object.keys(BILL).length && seen.every((row) => row.feature || row.calls === 0);
  const told = await eventually(rows, isSettled);
  const bill = told
    .filter(({ feature }) => feature !== null)
    .map((row) => [row.feature, row.calls, row.unpriced_calls, row.cost_usd]);
  const rest = told.filter(({ feature }) => feature === null);
  expect(rest.every(({ calls, cost_usd }) => calls === 0 && cost_usd === '0')).toBe(true);
  const expected = Object.entries(BILL).map(([name, [calls, cost]]) => [name, calls, 0, cost]);
  expect(bill.toSorted()).toEqual(expected.toSorted());
});

it('keeps the fingerprints of prompts, where the collector keeps no content', async () => {
  const values = ['fingerprint', 'boundaries'].map((name) => `attributes['aicost.prompt.${name}']`);
  const where = `${values[0]} != ''`;
  const told = await collector.sql(
    `SELECT DISTINCT ${values.join(', ')} FROM spans WHERE ${where}`,
  );
  expect(told).toMatch(/^m1\.[\w-]{171}\t[\w-]{8}\.\w+$/m);
  expect(told).not.toContain('redacted');
});
