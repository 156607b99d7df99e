/**
 * Each row of the duplication matrix as a whole trace: what a sum over its spans says, and what is billed.
 * `AICOST_UPDATE_GOLDENS=1` writes what comes out into the files of expectations; the difference is for a person to
 * read against the provider's prices.
 */
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { liveEntries } from './difference.ts';
import {
  listTraceCases,
  MemoryLedger,
  naiveSums,
  originOf,
  type ReceivedSpan,
  receiveTrace,
  sumsOf,
} from './fixture.ts';
import { groupSpans } from './groups.ts';
import { resolveRoles } from './resolve-roles.ts';
import { spanKey } from './settle-span.ts';

const isUpdating = process.env['AICOST_UPDATE_GOLDENS'] === '1';
const CASES = listTraceCases();
const TABLE = CASES.map((one) => [one.name, one] as const);

/**
 * Rows of research on dialects §4 that are told by spans alone. Two are not: Claude Code, Gemini CLI and Codex tell one
 * call by spans, log events and metrics, and the conventions by a span and its details event. They are shown where log
 * events are read.
 */
const ROWS = [
  'AI SDK ≤6',
  'AI SDK ≤6 embed',
  'AI SDK 7',
  'Traceloop JS over AI SDK',
  'pydantic-ai v1',
  'pydantic-ai v2',
  'Logfire Claude SDK',
  'Strands',
  'MS Agent Framework',
  'CrewAI',
  'smolagents',
  'OI AGENT/CHAIN',
  'OI claude-agent-sdk',
  'LangChain + provider SDK',
  'Google ADK',
  'LiveKit',
  'LiteLLM v1',
  'LiteLLM v2',
  'Gateway + client',
  'Claude platform',
  'Bifrost, Zuplo',
];

/** A ledger after these arrivals, each settled. */
function ledgerOf(...arrivals: ReceivedSpan[][]): MemoryLedger {
  const ledger = new MemoryLedger();
  for (const arrival of arrivals) {
    ledger.receive(arrival);
    ledger.settle();
  }
  return ledger;
}

function rolesOf(received: readonly ReceivedSpan[]): [string, string][] {
  const spans = received.map(({ span }) => span);
  const roles = new Map(groupSpans(spans).flatMap((group) => [...resolveRoles(group).roles]));
  return spans
    .filter(({ call }) => call !== undefined)
    .map((span) => [`${span.spanId.slice(-4)} ${span.name}`, roles.get(spanKey(span))!.role]);
}

describe('a trace that tells usage more than once', () => {
  test.for(TABLE)('%s: is billed once, to the last digit', ([, { expected, path, request }]) => {
    const received = receiveTrace(request);
    const found = {
      naive: naiveSums(received),
      roles: rolesOf(received),
      billed: sumsOf(ledgerOf(received).entries),
    };
    if (isUpdating) {
      writeFileSync(path, `${JSON.stringify({ ...expected, ...found }, undefined, 2)}\n`);
    }
    const { naive, roles, billed, equalBecause } = expected;
    expect(found).toEqual({ naive, roles, billed });
    const { usd, input, output } = billed;
    const isEqual = naive.usd === usd && naive.input === input && naive.output === output;
    expect(isEqual, 'a naive sum that is right needs its reason').toBe(equalBecause !== undefined);
  });

  test.for(TABLE)('%s: keeps what is not billed as zeros with a reason', ([, { request }]) => {
    const received = receiveTrace(request);
    const { entries } = ledgerOf(received);
    const roles = new Map(rolesOf(received));
    for (const { span } of received.filter(({ span: { call } }) => call?.usage !== undefined)) {
      const live = liveEntries(entries.filter((entry) => spanKey(entry) === spanKey(span)));
      const isBilled = ['leaf', 'agent_only'].includes(
        roles.get(`${span.spanId.slice(-4)} ${span.name}`)!,
      );
      expect(live.map(({ calls }) => calls)).toEqual([isBilled ? 1n : 0n]);
      expect(live[0]!.roleReason).not.toBe('');
      if (!isBilled) {
        expect([live[0]!.usage, live[0]!.charge.costAtto]).toEqual([{}, 0n]);
      }
    }
  });

  test.for(TABLE)('%s: settled again appends nothing', ([, { request }]) => {
    expect(ledgerOf(receiveTrace(request)).settle()).toEqual([]);
  });

  test.for(TABLE)('%s: any order and any two arrivals give the same sums', ([, one]) => {
    const received = receiveTrace(one.request);
    const whole = fc.shuffledSubarray(received, { minLength: received.length });
    fc.assert(
      fc.property(whole, fc.nat(received.length), (shuffled, at) => {
        const ledger = ledgerOf(shuffled.slice(0, at), shuffled.slice(at));
        expect(sumsOf(ledger.entries)).toEqual(one.expected.billed);
        expect(ledger.settle()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the traces', () => {
  it('show every row of the matrix', () => {
    expect(new Set(CASES.map(({ expected }) => expected.row))).toEqual(new Set(ROWS));
  });

  it('say whether they were recorded from an emitter or constructed from a source', () => {
    for (const { expected, name } of CASES) {
      const origin = originOf(expected);
      expect(['recorded', 'constructed'], name).toContain(origin?.kind);
    }
  });
});
