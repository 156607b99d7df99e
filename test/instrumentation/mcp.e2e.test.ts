/** A client and a server of the real MCP SDK, in two processes: one trace, and both get what they would get. */
import { SpanKind } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installEmitter } from '../emitters/install-emitter.ts';
import { type OtlpSink, startOtlpSink } from '../emitters/otlp-sink.ts';
import { runRegistered } from './registered-process.ts';

interface SentSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

let sink: OtlpSink;
let spans: SentSpan[];
let got: Record<string, unknown>;
beforeAll(async () => {
  sink = await startOtlpSink();
  const folder = await installEmitter('mcp-1');
  const ended = await runRegistered([`${folder}/client.mjs`], {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    AICOST_EXIT_FLUSH_TIMEOUT: '60000',
  });
  expect(ended).toMatchObject({ code: 0, errors: '' });
  got = JSON.parse(ended.output);
  spans = sink
    .take()
    .flatMap((body) =>
      (JSON.parse(body) as TraceRequest).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    );
});
afterAll(() => sink.close());

const ofKind = (name: string, kind: SpanKind): SentSpan[] =>
  // OTLP counts kinds from 1.
  spans.filter((span) => span.name === name && span.kind === kind + 1);

function facts(span: SentSpan | undefined): Record<string, unknown> {
  const entries = span?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? [];
  return Object.fromEntries(entries);
}

test('both get from each other what they would without us', () => {
  expect(got).toMatchObject({
    sum: { content: [{ type: 'text', text: '5' }] },
    failure: { isError: true, content: [{ type: 'text', text: 'out of paper' }] },
    prompt: { messages: [{ content: { text: 'Hello' } }] },
    resource: { contents: [{ text: 'milk' }] },
    missing: -32602,
  });
});

describe.for([
  {
    name: 'tools/call add',
    method: 'tools/call',
    told: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'add' },
  },
  {
    name: 'tools/call fail',
    method: 'tools/call',
    told: { 'gen_ai.tool.name': 'fail', 'error.type': 'tool_error' },
  },
  { name: 'prompts/get greet', method: 'prompts/get', told: { 'gen_ai.prompt.name': 'greet' } },
  { name: 'resources/read', method: 'resources/read', told: { 'mcp.resource.uri': 'memo://one' } },
  { name: 'initialize', method: 'initialize', told: {} },
])('$name', ({ name, method, told }) => {
  test('is a span of the client and, below it, one of the server', () => {
    const [asked] = ofKind(name, SpanKind.CLIENT);
    const [answered] = ofKind(name, SpanKind.SERVER);
    expect(asked).toBeDefined();
    expect(answered).toMatchObject({ traceId: asked!.traceId, parentSpanId: asked!.spanId });
    for (const span of [asked, answered]) {
      expect(facts(span)).toMatchObject({
        'mcp.method.name': method,
        'jsonrpc.request.id': expect.stringMatching(/^\d+$/),
        'network.transport': 'pipe',
        ...told,
      });
    }
  });

  test('is attributed on both sides, for the attribution was sent along', () => {
    for (const kind of [SpanKind.CLIENT, SpanKind.SERVER]) {
      const [span] = ofKind(name, kind);
      expect(facts(span)).toMatchObject({ 'aicost.feature': 'mcp', 'user.id': 'u-1' });
    }
  });
});

test('an error of JSON-RPC is told by its code, on both sides', () => {
  for (const kind of [SpanKind.CLIENT, SpanKind.SERVER]) {
    const failed = ofKind('resources/read', kind).find(({ status }) => status.code === 2);
    expect(facts(failed)).toMatchObject({
      'mcp.resource.uri': 'memo://none',
      'error.type': '-32602',
      'rpc.response.status_code': '-32602',
    });
  }
});

test('only a call of a tool has an operation, and none has usage: nothing is billed', () => {
  const told = spans.map((span) => [span.name, facts(span)] as const);
  for (const [name, attributes] of told) {
    const operation = name.startsWith('tools/call') ? 'execute_tool' : undefined;
    expect(attributes['gen_ai.operation.name']).toBe(operation);
    expect(Object.keys(attributes).filter((key) => key.includes('usage'))).toEqual([]);
  }
});
