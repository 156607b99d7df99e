/**
 * The events of each emitter give, as log records, the call they tell. Constructed: sources in log-events.ts; those
 * that were recorded are sent in test/send.
 */
import { expect, it, test } from 'vitest';
import { decodeTracesProtobuf } from '../decode/decode-protobuf.ts';
import { LogSpanWriter } from '../decode/log-spans.ts';
import { decodeLogsJson } from '../decode/test-decode-logs.ts';
import { attribute } from '../test-road.ts';
import type { Call } from './call.ts';
import { DIALECTS } from './dialects.ts';
import { isLogCall, logCallOf } from './log-call.ts';
import { eventNameOf, serviceOf, sessionOf } from './log-events.ts';
import { Normaliser } from './normalise.ts';

interface TestEvent {
  service: string;
  scope?: string;
  attributes: Record<string, unknown>;
  fields?: object;
}

/** The session that identity takes, and the call, of one record; undefined: no event of an LLM call. */
function read({ service, scope = '', attributes, fields }: TestEvent) {
  const all = Object.entries(attributes).map(([key, value]) => attribute(key, value));
  const record = { timeUnixNano: '1787227200000000000', attributes: all, ...fields };
  const resource = { attributes: [attribute('service.name', service)] };
  const scopeLogs = [{ scope: { name: scope }, logRecords: [record] }];
  const writer = new LogSpanWriter();
  const found: { name?: string | undefined; session?: string; service?: string } = {};
  const log = (view: Parameters<typeof eventNameOf>[0]) => {
    const name = eventNameOf(view);
    Object.assign(found, { name, session: sessionOf(view), service: serviceOf(view) });
    const [traceId, spanId] = [Buffer.alloc(16, 1), Buffer.alloc(8, 1)];
    const identity = { traceId, spanId, parentSpanId: Buffer.alloc(0), timeNs: 1n };
    if (name !== undefined) writer.add(view, { ...identity, name });
  };
  decodeLogsJson(Buffer.from(JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] })), { log });
  const calls: (Call | undefined)[] = [];
  const normaliser = new Normaliser(DIALECTS);
  decodeTracesProtobuf(writer.finish(), {
    span: (view) => void calls.push(logCallOf(normaliser.normalise(view))),
  });
  return { ...found, call: calls[0] };
}

const claudeCode = (also: Record<string, string>): TestEvent => ({
  service: 'claude-code',
  scope: 'com.anthropic.claude_code.events',
  attributes: {
    'event.name': 'api_request',
    'session.id': 'c1',
    model: 'claude-sonnet-4-5',
    input_tokens: 12,
    output_tokens: 34,
    cache_read_tokens: 56,
    cache_creation_tokens: 7,
    cache_creation_5m_tokens: 3,
    cache_creation_1h_tokens: 4,
    cost_usd: 0.001,
    ...also,
  },
});

const GEMINI_RESPONSE = {
  'session.id': 'g1',
  'event.name': 'gemini_cli.api_response',
  model: 'gemini-2.5-pro',
  input_token_count: 1000,
  output_token_count: 50,
  cached_content_token_count: 400,
  thoughts_token_count: 30,
  tool_token_count: 0,
  total_token_count: 1080,
  auth_type: 'gemini-api-key',
};

test.for<[string, TestEvent, object]>([
  [
    'Claude Code, counts as texts',
    {
      service: 'claude-code',
      scope: 'com.anthropic.claude_code.events',
      attributes: {
        'event.name': 'api_request',
        'session.id': 'c1',
        model: 'claude-sonnet-4-5',
        input_tokens: '12',
        output_tokens: '34',
        cache_read_tokens: '56',
        cache_creation_tokens: '7',
        cost_usd: '0.001',
        speed: 'fast',
      },
    },
    {
      name: 'claude_code.api_request',
      session: 'c1',
      dialect: 'claude_code_log',
      model: 'claude-sonnet-4-5',
      buckets: { in_uncached: 12n, in_cache_read: 56n, in_cache_write: 7n, out_text: 34n },
      reported: 1_000_000_000_000_000n,
    },
  ],
  [
    'Claude Code since it tells its provider, and how long cache writes live',
    claudeCode({ 'anthropic.provider': 'firstParty', query_source: 'sdk' }),
    {
      provider: 'anthropic',
      buckets: {
        in_uncached: 12n,
        in_cache_read: 56n,
        in_cache_write_5m: 3n,
        in_cache_write_1h: 4n,
        out_text: 34n,
      },
      feature: 'sdk',
    },
  ],
  [
    'Claude Code on Vertex AI, under its own word for it',
    claudeCode({ 'anthropic.provider': 'vertex' }),
    { provider: 'gcp.vertex_ai' },
  ],
  [
    'Claude Code behind a gateway, which tells nobody who bills',
    claudeCode({ 'anthropic.provider': 'gateway' }),
    { provider: '', reported: 1_000_000_000_000_000n },
  ],
  [
    'Gemini CLI, in its own names',
    { service: 'gemini-cli', attributes: GEMINI_RESPONSE },
    {
      name: 'gemini_cli.api_response',
      session: 'g1',
      dialect: 'gemini_cli_log',
      provider: 'gcp.gemini',
      buckets: {
        in_uncached: 600n,
        in_cache_read: 400n,
        in_tool_use: 0n,
        out_text: 50n,
        out_reasoning: 30n,
      },
    },
  ],
  [
    'Codex CLI, behind a logging bridge',
    {
      service: 'codex_cli_rs',
      attributes: {
        'event.name': 'codex.sse_event',
        'event.kind': 'response.completed',
        'conversation.id': 'x1',
        model: 'gpt-5-codex',
        input_token_count: '900',
        output_token_count: '70',
        cached_token_count: 100,
        reasoning_token_count: 20,
        tool_token_count: '970',
      },
      fields: { eventName: 'event otel/src/otel_event_manager.rs:12' },
    },
    {
      name: 'codex.sse_event',
      session: 'x1',
      dialect: 'codex_log',
      buckets: { in_uncached: 800n, in_cache_read: 100n, out_text: 50n, out_reasoning: 20n },
    },
  ],
  [
    'Codex CLI since it tells what was written to the cache, which the input holds',
    {
      service: 'codex_exec',
      attributes: {
        'event.name': 'codex.sse_event',
        'event.kind': 'response.completed',
        'conversation.id': 'x1',
        model: 'gpt-5.6-sol',
        input_token_count: 900,
        output_token_count: 70,
        cached_token_count: 100,
        cache_write_token_count: 500,
        reasoning_token_count: 20,
        tool_token_count: 970,
      },
    },
    {
      buckets: {
        in_uncached: 300n,
        in_cache_read: 100n,
        in_cache_write: 500n,
        out_text: 50n,
        out_reasoning: 20n,
      },
    },
  ],
  [
    'the OTel conventions, the name in its own field',
    {
      service: 'app',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.id': 'r1',
        'gen_ai.conversation.id': 'o1',
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 4,
      },
      fields: { eventName: 'gen_ai.client.inference.operation.details' },
    },
    {
      name: 'gen_ai.client.inference.operation.details',
      session: 'o1',
      dialect: 'otel_genai_log',
      provider: 'openai',
      buckets: { in_uncached: 9n, out_text: 4n },
    },
  ],
])('%s', ([, event, expected]) => {
  const { name, session, service, call } = read(event);
  expect(service).toBe(event.service);
  expect({
    name,
    session,
    dialect: call?.dialect,
    provider: call?.provider,
    model: call?.requestModel,
    buckets: call?.usage?.buckets,
    reported: call?.reportedAtto,
    feature: call?.attribution.feature,
  }).toMatchObject(expected);
  expect(call).toMatchObject({ role: 'unknown', roleReason: 'log event waits for settle' });
  // Whom settle looks for is whom identity was made of.
  expect(call?.attribution.session).toBe(session);
});

test.for<[string, Record<string, unknown>]>([
  ['a request that only begins', { 'gen_ai.request.model': 'gemini-2.5-pro' }],
  ['a request that failed', { 'error.type': '500', 'gen_ai.operation.name': 'chat' }],
])('%s is an event, but tells no usage', ([, attributes]) => {
  const name = 'gen_ai.client.inference.operation.details';
  const found = read({ service: 'gemini-cli', attributes: { 'event.name': name, ...attributes } });
  expect(found).toMatchObject({ name, call: undefined });
});

it('no dialect is called as if it were that of log events', () => {
  expect(DIALECTS.filter(({ name }) => isLogCall({ dialect: name }))).toEqual([]);
});
