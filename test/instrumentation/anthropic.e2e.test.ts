/** Anthropic's real SDKs, both majors and both module formats, and what their spans tell of the calls. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installEmitter } from '../emitters/install-emitter.ts';
import { type FakeAnthropic, startFakeAnthropic } from './fake-anthropic.ts';
import type { RecordedSpan } from './recorded-spans.ts';

interface Told {
  readonly result: unknown;
  readonly spans: readonly RecordedSpan[];
}

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, 'anthropic-program.ts');

let provider: FakeAnthropic;
beforeAll(async () => {
  provider = await startFakeAnthropic();
});
afterAll(() => provider.close());

const programs = new Map<string, Promise<Record<string, Told>>>();

/** Each runs once. */
function toldBy(folder: string, format: string): Promise<Record<string, Told>> {
  const key = `${folder} ${format}`;
  const running = programs.get(key) ?? runProgram(folder, format);
  programs.set(key, running);
  return running;
}

async function runProgram(folder: string, format: string): Promise<Record<string, Told>> {
  const parameters = [PROGRAM, await installEmitter(folder), format, provider.url];
  const { stdout } = await run(process.execPath, parameters, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as Record<string, Told>;
}

/** What a call with the usage of the fake tells of it: everything that went in, and its parts. */
const USED = {
  'gen_ai.usage.input_tokens': 1312,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.cache_write.input_tokens': 300,
  'aicost.usage.cache_write_5m_tokens': 100,
  'aicost.usage.cache_write_1h_tokens': 200,
  'gen_ai.usage.output_tokens': 50,
  'gen_ai.usage.reasoning.output_tokens': 20,
  'aicost.usage.web_searches': 2,
  'aicost.usage.web_fetches': 1,
};
const SERVED = { 'aicost.speed': 'standard', 'aicost.inference_geo': 'us' };
const STANDARD = { ...SERVED, 'aicost.service_tier': 'standard' };
const USED_IN_CLOUDS = {
  'gen_ai.usage.input_tokens': 1312,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.cache_write.input_tokens': 300,
  'aicost.usage.cache_write_5m_tokens': 300,
  'aicost.usage.cache_write_1h_tokens': 0,
  'gen_ai.usage.output_tokens': 50,
};

const isOurs = ({ name }: RecordedSpan) => !name.startsWith('anthropic.');

/** The attributes that tell usage and conditions. */
const costFacts = ({ attributes }: RecordedSpan) =>
  Object.fromEntries(
    Object.entries(attributes).filter(([key]) => /^(gen_ai\.usage|aicost)\./.test(key)),
  );

describe.each([
  ['anthropic-0', 'cjs'],
  ['anthropic-0', 'esm'],
  ['anthropic-1', 'cjs'],
  ['anthropic-1', 'esm'],
])('%s as %s', (folder, format) => {
  let told: Record<string, Told>;
  beforeAll(async () => {
    told = await toldBy(folder, format);
  });

  const spansOf = (name: string) => told[name]!.spans.filter(isOurs);
  const callOf = (name: string) => {
    const spans = spansOf(name);
    expect(spans).toHaveLength(1);
    return spans[0]!;
  };

  it.each([
    'whole',
    'whole with its response',
    'raw JSON',
    'beta',
    'stream',
    'beta stream',
    'helper',
    'tee',
    'raw events',
  ])('tells everything of a call: %s', (name) => {
    const call = callOf(name);
    expect(costFacts(call)).toEqual({ ...USED, ...STANDARD });
    expect(call).toMatchObject({ name: 'chat claude-sonnet-4-6', kind: 2, status: 0 });
    expect(call.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-6',
      'gen_ai.request.max_tokens': 10,
      'gen_ai.response.model': 'claude-sonnet-4-6',
      'gen_ai.response.finish_reasons': ['end_turn'],
      'gen_ai.response.id': expect.stringMatching(/^msg_01Fk/),
      'server.address': '127.0.0.1',
    });
    expect(call.attributes).not.toHaveProperty('gen_ai.input.messages');
    expect(call.attributes).not.toHaveProperty('gen_ai.output.messages');
  });

  it('changes nothing of what the application gets', () => {
    const events = [
      'message_start',
      'content_block_start',
      ...Array(3).fill('content_block_delta'),
    ];
    const all = [...events, 'content_block_stop', 'message_delta', 'message_stop'];
    expect(told['stream']!.result).toEqual(all);
    expect(told['beta stream']!.result).toEqual(all);
    expect(told['tee']!.result).toEqual([all.length, all.length]);
    expect(told['whole']!.result).toMatchObject({ content: [{ type: 'text' }], role: 'assistant' });
    expect(told['whole with its response']!.result).toMatchObject({ status: 200, isSame: true });
    expect(told['raw JSON']!.result).toMatchObject({ type: 'message' });
    expect(told['raw events']!.result).toBeGreaterThan(1000);
    expect(told['batch']!.result).toEqual(['a', 'b', 'c']);
    expect(told['left early']!.result).toEqual(all.slice(0, 2));
  });

  it('tells the totals of the end of a stream, and not how long new cache writes are kept', () => {
    expect(costFacts(callOf('stream that grows'))).toEqual({
      ...STANDARD,
      'gen_ai.usage.input_tokens': 2462,
      'gen_ai.usage.cache_read.input_tokens': 2000,
      'gen_ai.usage.cache_write.input_tokens': 450,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.reasoning.output_tokens': 20,
      'aicost.usage.web_searches': 2,
      'aicost.usage.web_fetches': 1,
    });
  });

  it('counts runs of code, which the usage does not', () => {
    expect(callOf('code').attributes).toMatchObject({ 'aicost.usage.code_executions': 1 });
  });

  it('tells what is charged beside the message as calls below it', () => {
    const [compaction, advice, call] = spansOf('compaction');
    expect(costFacts(call!)).toEqual({ ...USED, ...STANDARD });
    expect([compaction!.parent, advice!.parent]).toEqual([call!.id, call!.id]);
    expect(compaction).toMatchObject({
      name: 'chat claude-sonnet-4-6',
      attributes: { 'gen_ai.usage.input_tokens': 5000, 'gen_ai.usage.output_tokens': 400 },
    });
    expect(advice).toMatchObject({
      name: 'chat claude-opus-4-1',
      attributes: { 'gen_ai.usage.input_tokens': 70, 'gen_ai.usage.output_tokens': 7 },
    });
  });

  it('tells a count of tokens as an operation without usage', () => {
    const call = callOf('token count');
    expect(call.attributes).toMatchObject({ 'gen_ai.operation.name': 'count_tokens' });
    expect(costFacts(call)).toEqual({});
  });

  it.each(['batch', 'beta batch'])('tells each result of a %s when it is read', (name) => {
    const calls = spansOf(name);
    expect(calls.map(({ attributes }) => attributes['gen_ai.response.id'])).toEqual([
      'msg_01Fk9001Zq9TxR7',
      'msg_01Fk9002Zq9TxR7',
    ]);
    for (const call of calls) {
      const conditions = { 'aicost.batch': true, 'aicost.service_tier': 'batch' };
      expect(costFacts(call)).toEqual({ ...USED, ...SERVED, ...conditions });
    }
  });

  it.each([
    ['left early', 0, undefined, ['abandoned']],
    ['helper left early', 0, undefined, undefined],
    ['aborted', 0, undefined, undefined],
    ['error event', 2, 'overloaded_error', undefined],
    ['raw events with an error', 2, 'overloaded_error', undefined],
    ['cut', 2, 'TypeError', undefined],
  ])(
    'tells no usage of a stream without an end, of which nobody knows what came out: %s',
    (name, status, type, reasons) => {
      const call = callOf(name);
      expect(costFacts(call)).toEqual(STANDARD);
      expect(call.status).toBe(status);
      expect(call.attributes['error.type']).toBe(type);
      expect(call.attributes['gen_ai.response.finish_reasons']).toEqual(reasons);
    },
  );

  it('shows each failed try below the call, which alone has usage', () => {
    const [first, second, call] = spansOf('overloaded twice');
    expect(costFacts(call!)).toEqual({ ...USED, ...STANDARD });
    expect(call!.attributes['http.request.resend_count']).toBe(2);
    for (const tried of [first!, second!]) {
      expect(tried).toMatchObject({ name: 'failed try', parent: call!.id, status: 2 });
      expect(tried.attributes['http.response.status_code']).toBe(529);
      expect(tried.attributes).not.toHaveProperty('gen_ai.operation.name');
    }
  });

  it.each(['refused', 'refused raw'])('tells why a call failed: %s', (name) => {
    expect(told[name]!.result).toEqual({ error: 'BadRequestError', status: 400 });
    expect(callOf(name)).toMatchObject({
      status: 2,
      attributes: { 'error.type': 'invalid_request_error', 'http.response.status_code': 400 },
    });
  });

  it('keeps calls that are made at once apart', () => {
    const ids = told['at once']!.result as string[];
    const features = new Map(
      spansOf('at once').map(({ attributes }) => [
        attributes['gen_ai.response.id'],
        attributes['aicost.feature'],
      ]),
    );
    expect(ids.map((id) => features.get(id))).toEqual(['a', 'b', 'c']);
  });

  it('does nothing while it is disabled', () => {
    expect(spansOf('disabled')).toEqual([]);
  });

  it('goes below the span of the SDK itself', () => {
    const { spans } = told['whole']!;
    const own = spans.find(({ name }) => name === 'anthropic.messages.create');
    expect(callOf('whole').parent).toBe(own!.id);
  });
});

describe.each(['cjs', 'esm'])('the clients for other clouds as %s', (format) => {
  it.each([
    ['bedrock 1', 'aws.bedrock', 'eu-west-1', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['vertex 1', 'gcp.vertex_ai', 'us-east5', 'claude-sonnet-4-5@20250929'],
    // Those of 0.x have a copy of the SDK within.
    ['bedrock 0', 'aws.bedrock', 'eu-west-1', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['vertex 0', 'gcp.vertex_ai', 'us-east5', 'claude-sonnet-4-5@20250929'],
  ])('are watched: %s', async (name, provider, region, model) => {
    const told = await toldBy('anthropic-1', format);
    for (const kind of ['whole', 'stream']) {
      const spans = told[`${name} ${kind}`]!.spans.filter(isOurs);
      expect(spans).toHaveLength(1);
      expect(costFacts(spans[0]!)).toEqual({ ...USED_IN_CLOUDS, 'aicost.region': region });
      expect(spans[0]!.attributes).toMatchObject({
        'gen_ai.provider.name': provider,
        'gen_ai.request.model': model,
        'gen_ai.response.model': model,
      });
    }
  });
});
