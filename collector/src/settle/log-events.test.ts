/** Log events beside spans: who is billed, and why the other is not. */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { describe, expect, it } from 'vitest';
import { type Call, NOBODY } from '../normalise/call.ts';
import { logCallOf } from '../normalise/log-call.ts';
import { desiredEntries } from './desired-entries.ts';
import { groupSpans } from './groups.ts';
import { resolveRoles } from './resolve-roles.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';

function call(input: bigint, output: bigint, changed: Partial<Call> = {}): Call {
  return {
    dialect: 'claude_code',
    operation: 'chat',
    role: 'leaf',
    roleReason: 'operation chat',
    provider: 'anthropic',
    requestModel: 'claude-sonnet-4-5',
    responseModel: '',
    responseId: '',
    usage: {
      buckets: { in_uncached: input, out_text: output },
      inputTokens: input,
      outputTokens: output,
      semantics: 'exclusive',
      evidence: 'claude_code: bare counts',
    },
    missingUsageReason: '',
    reportedAtto: undefined,
    context: {},
    attribution: NOBODY,
    ...changed,
  };
}

type Facts = Partial<SettleSpan> & { session?: string };

function span(id: string, its: Call | undefined, facts: Facts = {}): SettleSpan {
  const { session = 's1', ...changed } = facts;
  const attribution = { ...NOBODY, session };
  return {
    tenant: 'default',
    traceId: 't1',
    spanId: id,
    parentSpanId: '',
    name: 'claude_code.llm_request',
    kind: 1,
    scopeName: 'scope',
    service: 'claude-code',
    environment: '',
    startNs: 1_000_000_000n,
    endNs: 1_000_000_000n,
    receivedAtNs: 1n,
    call: its === undefined ? undefined : { ...its, attribution },
    attribution,
    ...changed,
  };
}

/** An event in the trace of its session. */
function event(id: string, its: Call, facts: Facts = {}): SettleSpan {
  const { session = 's1' } = facts;
  const traceId = `session ${session}`;
  return span(id, logCallOf(its), { traceId, name: 'claude_code.api_request', ...facts });
}

function rolesOf(spans: readonly SettleSpan[]): Record<string, string> {
  const roles: [string, string][] = [];
  for (const group of groupSpans(spans)) {
    const resolution = resolveRoles(group);
    for (const each of group.filter(({ call: its }) => its !== undefined)) {
      roles.push([each.spanId, resolution.roles.get(spanKey(each))!.role]);
    }
  }
  return Object.fromEntries(roles);
}

function reasonOf(spans: readonly SettleSpan[], id: string): string {
  const found = spans.find(({ spanId }) => spanId === id)!;
  return resolveRoles(spans).roles.get(spanKey(found))!.reason;
}

describe('a log event', () => {
  it('is billed where no span of its session reports usage', () => {
    const spans = [event('e1', call(10n, 1n)), event('e2', call(20n, 2n)), span('a', undefined)];
    expect(rolesOf(spans)).toEqual({ e1: 'leaf', e2: 'leaf' });
  });

  it('is a mirror where a span of its session reports usage, in whatever trace', () => {
    const spans = [
      event('e1', call(10n, 1n)),
      event('e2', call(20n, 2n)),
      span('a', call(10n, 1n)),
      span('b', call(20n, 2n), { traceId: 't2' }),
    ];
    expect(rolesOf(spans)).toEqual({ e1: 'mirror', e2: 'mirror', a: 'leaf', b: 'leaf' });
    expect(reasonOf(spans, 'e1')).toBe('signal_duplicate: spans of its session report usage');
  });

  it('is a mirror where the call below a span of its session reports usage', () => {
    const spans = [
      event('e1', call(10n, 1n)),
      span('root', undefined),
      span('a', call(10n, 1n), { parentSpanId: 'root', session: '' }),
    ];
    expect(rolesOf(spans)).toEqual({ e1: 'mirror', a: 'leaf' });
  });

  it.for<[string, Facts]>([
    ['another session', { session: 's2' }],
    ['the same session of another service', { service: 'web' }],
    ['no session', { session: '' }],
  ])('is billed where the usage is of a span of %s', ([, facts]) => {
    const spans = [event('e1', call(10n, 1n)), span('a', call(10n, 1n), facts)];
    expect(rolesOf(spans)).toEqual({ e1: 'leaf', a: 'leaf' });
  });

  it('is a mirror of the span it was made in', () => {
    const madeIn = { traceId: 't1', spanId: 'a' };
    const spans = [
      event('e1', call(10n, 1n), { madeIn }),
      span('a', call(10n, 1n), { session: '' }),
    ];
    expect(rolesOf(spans)).toEqual({ e1: 'mirror', a: 'leaf' });
    expect(reasonOf(spans, 'e1')).toContain('the span it was made in');
  });

  it('is billed where the span it was made in reports nothing', () => {
    const madeIn = { traceId: 't1', spanId: 'a' };
    const spans = [event('e1', call(10n, 1n), { madeIn }), span('a', undefined, { session: '' })];
    expect(rolesOf(spans)).toEqual({ e1: 'leaf' });
  });

  it('is a mirror of a span with the same response id', () => {
    const same = { responseId: 'req_011CSHoEeqs5C35K2UUqR7Fy' };
    const spans = [
      event('e1', call(10n, 1n, same)),
      span('a', call(10n, 1n, same), { session: 'other', service: 'gateway' }),
    ];
    expect(rolesOf(spans)).toEqual({ e1: 'mirror', a: 'leaf' });
  });

  it('does not yield to a counter that tells no amount of its own', () => {
    const counter = call(99n, 9n, {
      role: 'aggregate',
      roleReason: 'cumulative counter',
      operation: 'invoke_agent',
    });
    expect(rolesOf([event('e1', call(10n, 1n)), span('a', counter)])).toEqual({
      e1: 'leaf',
      a: 'agent_only',
    });
  });

  it('of two that tell one call under two names, the one that tells more is billed', () => {
    const rich = call(10n, 1n);
    rich.usage!.buckets = { ...rich.usage!.buckets, in_tool_use: 3n, out_reasoning: 5n };
    const spans = [
      event('e1', rich, { name: 'gemini_cli.api_response' }),
      event('e2', call(10n, 1n), {
        name: 'gen_ai.client.inference.operation.details',
        startNs: 1_000_500_000n,
      }),
      event('e3', call(10n, 1n), { name: 'gemini_cli.api_response', startNs: 9_000_000_000n }),
    ];
    expect(rolesOf(spans)).toEqual({ e1: 'leaf', e2: 'mirror', e3: 'leaf' });
  });

  it('of the same name with equal tokens is another call', () => {
    const spans = [event('e1', call(10n, 1n)), event('e2', call(10n, 1n))];
    expect(rolesOf(spans)).toEqual({ e1: 'leaf', e2: 'leaf' });
  });
});

describe('a span whose log event tells its call better', () => {
  const SAID = 'signal_duplicate: a is billed with its usage';
  const silent = call(0n, 0n, { usage: undefined, missingUsageReason: 'not_reported' });
  const told = (buckets: Usage): Call => {
    const one = call(10n, 1n);
    return { ...one, usage: { ...one.usage!, buckets } };
  };
  const billedOf = (spans: readonly SettleSpan[], id = 'a') =>
    desiredEntries(resolveRoles(spans)).get(spanKey(spans.find((one) => one.spanId === id)!));

  it('is billed with the usage of the event where it tells none', () => {
    const spans = [event('e1', call(10n, 1n)), span('a', silent)];
    expect(rolesOf(spans)).toEqual({ e1: 'mirror', a: 'leaf' });
    expect(reasonOf(spans, 'e1')).toBe(SAID);
    expect(billedOf(spans)).toMatchObject({ calls: 1n, usage: { in_uncached: 10n, out_text: 1n } });
    expect(billedOf(spans, 'e1')).toMatchObject({ calls: 0n, usage: {} });
  });

  it('is billed with what the event tells of cache and thoughts, where the totals are the same', () => {
    const rich = { in_uncached: 2n, in_cache_read: 8n, out_text: 1n, out_reasoning: 5n };
    const spans = [event('e1', told(rich)), span('a', call(10n, 1n))];
    expect(reasonOf(spans, 'e1')).toBe(SAID);
    expect(billedOf(spans)).toMatchObject({ calls: 1n, usage: rich });
  });

  it.for<[string, Call, Facts]>([
    ['a failed call', { ...silent, missingUsageReason: 'error' }, {}],
    ['a call of another model', { ...silent, requestModel: 'claude-haiku-4-5' }, {}],
    ['a call of another session', silent, { session: 's2' }],
    ['a call that ended long before', silent, { endNs: 1n, startNs: 0n }],
  ])('is not %s: that is billed beside it', ([, its, facts]) => {
    const spans = [event('e1', call(10n, 1n), { startNs: 9_000_000_000n }), span('a', its, facts)];
    const near = facts.endNs === undefined ? { ...spans[1]!, endNs: 9_000_000_000n } : spans[1]!;
    expect(rolesOf([spans[0]!, near])).toEqual({ e1: 'leaf', a: 'leaf' });
  });

  it('is the one that ended next to it, and takes one event', () => {
    const at = (startNs: bigint) => ({ startNs, endNs: startNs });
    const spans = [
      event('e1', call(10n, 1n), at(3_000_000_000n)),
      event('e2', call(20n, 2n), at(4_000_000_000n)),
      span('a', silent, at(2_900_000_000n)),
      span('b', silent, at(4_100_000_000n)),
      event('e3', call(30n, 3n), at(4_200_000_000n)),
    ];
    expect(rolesOf(spans)).toEqual({
      e1: 'mirror',
      e2: 'mirror',
      e3: 'leaf',
      a: 'leaf',
      b: 'leaf',
    });
    expect([billedOf(spans), billedOf(spans, 'b')]).toMatchObject([
      { usage: { in_uncached: 10n } },
      { usage: { in_uncached: 20n } },
    ]);
  });

  it('is the next one where the nearest has its event already, or another response', () => {
    const at = (ms: number) => ({
      startNs: BigInt(ms) * 1_000_000n,
      endNs: BigInt(ms) * 1_000_000n,
    });
    const other = { ...silent, provider: 'google', responseId: 'a-response-of-another-call-1' };
    const spans = [
      event('e1', call(10n, 1n), at(10_030)),
      event(
        'e2',
        call(20n, 2n, { provider: 'google', responseId: 'a-response-of-this-call-22' }),
        at(10_060),
      ),
      span('a', silent, at(10_000)),
      span('b', silent, at(10_050)),
      span('c', other, at(10_059)),
    ];
    const billed = rolesOf(spans);
    expect([billed['e1'], billed['e2']]).toEqual(['mirror', 'mirror']);
    const inputs = ['a', 'b'].map((id) => billedOf(spans, id)?.usage.in_uncached);
    expect(inputs.toSorted()).toEqual([10n, 20n]);
  });

  it('is priced as the event says, where it says nothing itself, and is not sampled by it', () => {
    const context = { ...silent.context, serviceTier: 'priority' };
    const told = call(10n, 1n, { responseModel: 'gpt-4o-2024-05-13', context });
    const sampled = { ...silent, context: { ...silent.context, sampling: 'ratio:0.1' } };
    const spans = [event('e1', told), span('a', sampled)];
    const billed = resolveRoles(spans).calls.get(spanKey(spans[1]!));
    expect(billed).toMatchObject({
      responseModel: 'gpt-4o-2024-05-13',
      context: { serviceTier: 'priority' },
    });
    expect(billed?.context.sampling).toBeUndefined();
  });

  it('keeps its own usage where the event tells as little, or other totals', () => {
    for (const other of [{ in_uncached: 99n, out_text: 1n, in_cache_read: 1n }, { out_text: 1n }]) {
      const spans = [event('e1', told(other)), span('a', call(10n, 1n))];
      expect(billedOf(spans)).toMatchObject({ usage: { in_uncached: 10n, out_text: 1n } });
    }
  });

  it('leaves events of calls without a span to be billed by themselves', () => {
    const spans = [
      event('e1', call(10n, 1n)),
      event('e2', call(20n, 2n), { startNs: 90_000_000_000n }),
      span('a', silent),
    ];
    expect(rolesOf(spans)).toEqual({ e1: 'mirror', e2: 'leaf', a: 'leaf' });
  });
});
