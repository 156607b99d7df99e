import { describe, expect, it } from 'vitest';
import { type Call, NOBODY, REFUSED } from '../normalise/call.ts';
import { resolveRoles } from './resolve-roles.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';

function call(input: bigint, output: bigint, changed: Partial<Call> = {}): Call {
  return {
    dialect: 'otel_genai',
    operation: 'chat',
    role: 'leaf',
    roleReason: 'operation chat',
    provider: 'openai',
    requestModel: 'gpt-4o',
    responseModel: '',
    responseId: '',
    usage: {
      buckets: { in_uncached: input, out_text: output },
      inputTokens: input,
      outputTokens: output,
      semantics: 'inclusive',
      evidence: 'no_cache_tokens',
    },
    missingUsageReason: '',
    reportedAtto: undefined,
    context: {},
    attribution: NOBODY,
    ...changed,
  };
}

const AGENT: Partial<Call> = {
  operation: 'invoke_agent',
  role: 'aggregate',
  roleReason: 'operation invoke_agent',
};

/** `parent/id` at [start, end], with a call or none. */
function span(
  path: string,
  [startNs, endNs]: [bigint, bigint],
  its: Call | undefined,
  changed: Partial<SettleSpan> = {},
): SettleSpan {
  const [parentSpanId, spanId] = path.split('/') as [string, string];
  return {
    tenant: 'default',
    traceId: 't1',
    spanId,
    parentSpanId,
    name: spanId,
    kind: 1,
    scopeName: 'scope',
    service: 'service',
    environment: '',
    startNs,
    endNs,
    receivedAtNs: 1n,
    call: its,
    attribution: NOBODY,
    ...changed,
  };
}

function roles(spans: SettleSpan[]): Record<string, string> {
  const resolution = resolveRoles(spans);
  return Object.fromEntries(
    spans
      .filter(({ call: its }) => its !== undefined)
      .map((each) => [each.spanId, resolution.roles.get(spanKey(each))!.role]),
  );
}

describe('who is billed', () => {
  it('every leaf of an agent, and the agent not', () => {
    const spans = [
      span('/agent', [0n, 100n], call(113n, 11n, AGENT)),
      span('agent/one', [10n, 20n], call(56n, 5n)),
      span('agent/two', [30n, 40n], call(57n, 6n)),
    ];
    expect(roles(spans)).toEqual({ agent: 'aggregate', one: 'leaf', two: 'leaf' });
  });

  it('leaves below spans that report nothing, grandchildren too', () => {
    const spans = [
      span('/agent', [0n, 100n], call(56n, 5n, AGENT)),
      span('agent/step', [5n, 50n], undefined),
      span('step/one', [10n, 20n], call(56n, 5n)),
    ];
    expect(roles(spans)).toEqual({ agent: 'aggregate', one: 'leaf' });
  });

  it('the lowest agent that reports usage, when no call below it does', () => {
    const spans = [
      span('/outer', [0n, 100n], call(10n, 5n, AGENT)),
      span('outer/inner', [5n, 90n], call(10n, 5n, AGENT)),
      span('inner/tool', [10n, 20n], call(0n, 0n, { role: 'non_billable', usage: undefined })),
    ];
    expect(roles(spans)).toEqual({ outer: 'aggregate', inner: 'agent_only', tool: 'non_billable' });
  });

  it('a cumulative counter that stands alone, for an amount that is not known', () => {
    const cumulative = { ...AGENT, roleReason: 'cumulative counter of the agent object' };
    expect(roles([span('/agent', [0n, 9n], call(10n, 5n, cumulative))])).toEqual({
      agent: 'agent_only',
    });
  });

  it('one of two views of a response, wherever they are', () => {
    const id = { responseId: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT' };
    const rich = { ...id, responseModel: 'gpt-4o-2024-08-06' };
    const spans = [
      span('/client', [0n, 100n], call(10n, 5n, id), { service: 'app' }),
      span('/gateway', [10n, 90n], call(10n, 5n, rich), { service: 'gateway', traceId: 't2' }),
    ];
    expect(roles(spans)).toEqual({ client: 'mirror', gateway: 'leaf' });
  });

  it('two calls that answer with different ids, although all else is alike', () => {
    const spans = [
      span('/outer', [0n, 100n], call(10n, 5n, { responseId: 'a' })),
      span('outer/inner', [10n, 90n], call(10n, 5n, { responseId: 'b' })),
    ];
    expect(Object.values(roles(spans))).toContain('leaf');
    expect(roles(spans)['inner']).toBe('leaf');
  });

  it('the inner of a framework span and the SDK span below it', () => {
    const spans = [
      span('/ChatOpenAI', [0n, 100n], call(1012n, 5n), { scopeName: 'langchain' }),
      span('ChatOpenAI/openai.chat', [10n, 90n], call(1012n, 5n), { scopeName: 'openai', kind: 3 }),
    ];
    expect(roles(spans)).toEqual({ ChatOpenAI: 'mirror', 'openai.chat': 'leaf' });
  });

  it('the span that reads the body of a call, and not the one around it that ended with its head', () => {
    const silent = call(0n, 0n, { usage: undefined, missingUsageReason: 'not_reported' });
    const spans = [
      span('/sdk', [0n, 50n], silent),
      span('sdk/reader', [10n, 90n], call(12n, 5n), { kind: 3 }),
    ];
    expect(roles(spans)).toEqual({ sdk: 'mirror', reader: 'leaf' });
  });

  it('both, where the one around had ended before the other began', () => {
    const silent = call(0n, 0n, { usage: undefined, missingUsageReason: 'not_reported' });
    const spans = [
      span('/sdk', [0n, 50n], silent),
      span('sdk/other', [60n, 90n], call(12n, 5n), { kind: 3 }),
    ];
    expect(roles(spans)).toEqual({ sdk: 'leaf', other: 'leaf' });
  });

  it('one of two views whose inputs differ by exactly the cache tokens', () => {
    const cached = call(12n, 5n);
    cached.usage!.buckets = { in_uncached: 12n, in_cache_read: 1000n, out_text: 5n };
    const spans = [
      span('/outer', [0n, 100n], call(12n, 5n)),
      span('outer/inner', [10n, 90n], cached),
    ];
    expect(roles(spans)).toEqual({ outer: 'mirror', inner: 'leaf' });
  });

  it('one of two exports of the same span under two ids', () => {
    const spans = [
      span('/one', [0n, 9n], call(10n, 5n), { name: 'chat' }),
      span('/two', [0n, 9n], call(10n, 5n), { name: 'chat' }),
    ];
    expect(Object.values(roles(spans)).sort()).toEqual(['leaf', 'mirror']);
  });

  it('the calls below a call span that repeats their sum, or their last', () => {
    const sum = [
      span('/outer', [0n, 100n], call(113n, 11n)),
      span('outer/one', [10n, 20n], call(56n, 5n)),
      span('outer/two', [30n, 40n], call(57n, 6n)),
    ];
    expect(roles(sum)).toEqual({ outer: 'aggregate', one: 'leaf', two: 'leaf' });
    const last = [
      span('/outer', [0n, 100n], call(57n, 6n)),
      span('outer/one', [10n, 20n], call(56n, 5n)),
      span('outer/two', [30n, 200n], call(57n, 6n)),
    ];
    expect(roles(last)).toEqual({ outer: 'aggregate', one: 'leaf', two: 'leaf' });
  });

  it('a call made inside a tool of another call: both', () => {
    const spans = [
      span('/chat', [0n, 100n], call(500n, 50n)),
      span('chat/tool', [10n, 90n], undefined),
      span('tool/inner', [20n, 80n], call(30n, 3n, { requestModel: 'gpt-4o-mini' })),
    ];
    expect(roles(spans)).toEqual({ chat: 'leaf', inner: 'leaf' });
  });

  it('failed attempts as calls without an amount, and the one that succeeded', () => {
    const failed = { usage: undefined, missingUsageReason: 'error' };
    const spans = [
      span('/try1', [0n, 9n], call(0n, 0n, failed)),
      span('/try2', [10n, 19n], call(10n, 5n)),
    ];
    expect(roles(spans)).toEqual({ try1: 'leaf', try2: 'leaf' });
  });

  it('a span around a call that no span shows, for an amount that is not known', () => {
    const outer = { ...AGENT, usage: undefined, missingUsageReason: 'outer_span_alone' };
    const failed = { usage: undefined, missingUsageReason: 'error' };
    const refused = { ...failed, role: 'non_billable' as const, roleReason: `${REFUSED}: 429` };
    const around = span('/outer', [0n, 9n], call(0n, 0n, outer));
    const below = (its: Partial<Call>) => span('outer/do', [1n, 8n], call(0n, 0n, its));
    expect(roles([around])).toEqual({ outer: 'agent_only' });
    expect(roles([around, below(failed)])).toEqual({ outer: 'aggregate', do: 'leaf' });
    expect(roles([around, below(refused)])).toEqual({ outer: 'aggregate', do: 'non_billable' });
  });

  it('no call that the provider refused, also where only the span below tells so', () => {
    const failed = { usage: undefined, missingUsageReason: 'error' };
    const refused = { ...failed, role: 'non_billable' as const, roleReason: `${REFUSED}: 429` };
    const chain = span('/ChatOpenAI', [0n, 9n], call(0n, 0n, failed));
    const first = span('ChatOpenAI/try1', [1n, 2n], call(0n, 0n, refused));
    const second = span('ChatOpenAI/try2', [3n, 4n], call(10n, 5n));
    expect(roles([chain, first])).toEqual({ ChatOpenAI: 'non_billable', try1: 'non_billable' });
    expect(roles([chain, first, second])).toMatchObject({ try1: 'non_billable', try2: 'leaf' });
  });

  it('only the newest version of a span', () => {
    const older = span('/one', [0n, 9n], call(10n, 5n));
    const newer = span('/one', [0n, 9n], call(12n, 5n), { receivedAtNs: 2n });
    const { tree } = resolveRoles([newer, older]);
    expect(tree.spans).toEqual([newer]);
  });
});
