/**
 * Classes of Anthropic's SDK that are patched by hand: a version of before 0.50, which is built otherwise, what is told
 * of content, and calls that go on whatever of ours breaks.
 */
import { createRequire } from 'node:module';
import { instrumentAnthropic } from '@ai-cost-profiler/anthropic/anthropic-instrumentation.ts';
import type { AnthropicOptions } from '@ai-cost-profiler/anthropic/options.ts';
import { startTracing, THROWING_PROCESSOR } from '@ai-cost-profiler/core/test-tracing.ts';
import { diag } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installEmitter } from '../emitters/install-emitter.ts';
import { ANTHROPIC_CASES } from './anthropic-cases.ts';
import type { Client, ClientClass } from './anthropic-shapes.ts';
import { type FakeAnthropic, startFakeAnthropic } from './fake-anthropic.ts';

const SURROUNDINGS = { instrumentation: { enable: () => undefined, disable: () => undefined } };
const USED = {
  'gen_ai.usage.input_tokens': 1312,
  'gen_ai.usage.output_tokens': 50,
  'aicost.usage.cache_write_1h_tokens': 200,
  'aicost.usage.web_searches': 2,
};

let provider: FakeAnthropic;
let folder: string;
beforeAll(async () => {
  provider = await startFakeAnthropic();
  folder = await installEmitter('anthropic-0');
  await installEmitter('anthropic-1');
});
afterAll(() => provider.close());

/** A copy of the SDK of its own, so that each test patches a class that nobody did. */
function freshClient(name: string, options?: AnthropicOptions, of = folder): Client {
  const require = createRequire(`${of}/test.cjs`);
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(`${of}/node_modules/`)) delete require.cache[path];
  }
  const { Anthropic } = require(name) as { Anthropic: ClientClass };
  if (options !== undefined) instrumentAnthropic(Anthropic, options);
  const openTelemetry = false;
  return new Anthropic({ apiKey: 'test', baseURL: provider.url, logLevel: 'off', openTelemetry });
}

const run = (name: string, client: Client) => ANTHROPIC_CASES[name]!(client, SURROUNDINGS);

describe('version 0.39, with node-fetch', () => {
  let tracing: ReturnType<typeof startTracing>;
  let client: Client;
  beforeAll(() => {
    tracing = startTracing();
    client = freshClient('anthropic-sdk-0-39', {});
    return () => tracing.stop();
  });

  async function spansOf(name: string): Promise<ReadableSpan[]> {
    const before = tracing.spans().length;
    await run(name, client).catch(() => undefined);
    // Bodies of node-fetch end a moment after the last byte was read.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return tracing.spans().slice(before);
  }

  it.each(['whole', 'whole with its response', 'beta', 'stream', 'helper', 'tee', 'raw JSON'])(
    'tells everything of a call: %s',
    async (name) => {
      const spans = await spansOf(name);
      expect(spans).toMatchObject([{ name: 'chat claude-sonnet-4-6', attributes: USED }]);
    },
  );

  it('tells results of batches, tries that failed, and refusals', async () => {
    const batch = (await spansOf('batch')).map(({ attributes }) => attributes['aicost.batch']);
    expect(batch).toEqual([true, true]);
    const names = (await spansOf('overloaded twice')).map(({ name }) => name);
    expect(names).toEqual(['failed try', 'failed try', 'chat claude-sonnet-4-6']);
    const [refused] = await spansOf('refused');
    expect(refused?.attributes['http.response.status_code']).toBe(400);
  });
});

describe('content of version 1', () => {
  async function told(
    name: string,
    options: AnthropicOptions,
  ): Promise<ReadableSpan['attributes']> {
    const tracing = startTracing();
    await run(name, freshClient('@anthropic-ai/sdk', options, folder.replace(/0$/, '1')));
    tracing.stop();
    return tracing.spans().at(-1)!.attributes;
  }

  it.each(['whole', 'stream'])('is told of a call as messages when it is on: %s', async (name) => {
    const attributes = await told(name, { content: 'on' });
    expect(JSON.parse(attributes['gen_ai.input.messages'] as string)).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
    ]);
    expect(JSON.parse(attributes['gen_ai.output.messages'] as string)).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'text', content: 'It is fine.' }],
        finish_reason: 'end_turn',
      },
    ]);
  });

  it('is told as a fingerprint alone when that is asked for', async () => {
    const key = { content: 'fingerprint', fingerprintKey: 'a secret of 16 bytes' } as const;
    const attributes = await told('whole', key);
    expect(attributes['aicost.prompt.fingerprint']).toMatch(/^m1\./);
    expect(attributes['aicost.prompt.boundaries']).toMatch(/^[\w-]{8}\.2$/);
    expect(JSON.stringify(attributes)).not.toMatch(/Hi"|It is fine/);
  });
});

describe('whatever of ours breaks', () => {
  const CASES = ['whole', 'raw JSON', 'stream', 'helper', 'raw events', 'left early', 'batch'];
  const FAILURES = ['error event', 'cut', 'refused', 'refused raw', 'overloaded twice'];
  const BROKEN: AnthropicOptions = {
    get content(): never {
      throw new Error('of ours');
    },
  };

  /** What the application sees, without the ids that differ from call to call. */
  async function seen(name: string, client: Client): Promise<unknown> {
    const result = await run(name, client).catch((error: unknown) => [
      (error as Error).constructor.name,
      (error as Error).message,
    ]);
    return JSON.parse(JSON.stringify(result).replaceAll(/msg_01Fk\d{4}/g, ''));
  }

  let plain: Client;
  beforeEach(() => {
    diag.disable();
    plain = freshClient('@anthropic-ai/sdk');
  });

  it.each([...CASES, ...FAILURES])('a call gives its own result: %s', async (name) => {
    const expected = await seen(name, plain);
    const tracing = startTracing([THROWING_PROCESSOR]);
    expect(await seen(name, freshClient('@anthropic-ai/sdk', { content: 'on' }))).toEqual(expected);
    tracing.stop();
  });

  it('patching breaks nothing', async () => {
    expect(() => freshClient('@anthropic-ai/sdk', BROKEN)).not.toThrow();
    expect(() => instrumentAnthropic(Date)).not.toThrow();
    expect(() => instrumentAnthropic(undefined as unknown as ClientClass)).not.toThrow();
  });

  it('what the SDK returns is of its own classes', async () => {
    const tracing = startTracing();
    const client = freshClient('@anthropic-ai/sdk', {});
    const body = { model: 'claude-sonnet-4-6', max_tokens: 9, messages: [] };
    const asked = client.messages.create(body);
    const plainAsked = plain.messages.create(body);
    expect(asked.constructor.name).toBe(plainAsked.constructor.name);
    expect(Object.keys(await asked)).toEqual(Object.keys(await plainAsked));
    const stream = await client.messages.create({ ...body, stream: true });
    expect(stream.constructor.name).toBe('Stream');
    for await (const _ of stream);
    tracing.stop();
  });
});
