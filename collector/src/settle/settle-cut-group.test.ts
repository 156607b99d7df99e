/** Settle where spans have expired: what comes again is never billed again, and what is new is billed once. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { chat, requestOf, type TestSpan } from '../test-road.ts';
import type { CutGroup } from './cut-groups.ts';
import { listTraceCases, MemoryLedger, receiveTrace, sumsOf } from './fixture.ts';
import { settleCutGroup } from './settle-cut-group.ts';

const SEALED_NS = 1_800_000_000_000_000_000n;
const LATER_NS = SEALED_NS + 1_000_000_000n;
const stamp = () => ({ entryId: randomBytes(16), recordedAtNs: LATER_NS + 1n });

function cutOf(entries: readonly LedgerEntry[], change: Partial<CutGroup> = {}): CutGroup {
  return { entries, sharing: [], throughNs: SEALED_NS, isLedgerGone: () => false, ...change };
}

/** As a collector charges what it does not know. */
const late = (entries: readonly LedgerEntry[]): LedgerEntry[] =>
  entries.map((entry) => ({ ...entry, entryId: randomBytes(16), recordedAtNs: LATER_NS }));

function chargesOf(...spans: readonly TestSpan[]): LedgerEntry[] {
  return receiveTrace(requestOf(spans)).flatMap(({ entry }) => entry ?? []);
}

/** The calls of everything that stands after settle. */
function callsAfter(cut: CutGroup): string {
  return sumsOf([...cut.entries, ...settleCutGroup(cut, { stamp })]).calls;
}

describe('every trace of the matrix, sent again after it has expired', () => {
  it.for(listTraceCases())('$name', ({ request }) => {
    const received = receiveTrace(request);
    const ledger = new MemoryLedger();
    ledger.receive(received);
    ledger.settle();
    const before = sumsOf(ledger.entries);
    const again = late(received.flatMap(({ entry }) => entry ?? []));
    const cut = cutOf([...ledger.entries, ...again, ...late(again)]);
    const appended = settleCutGroup(cut, { stamp });
    expect(sumsOf([...cut.entries, ...appended])).toEqual(before);
    expect(settleCutGroup(cutOf([...cut.entries, ...appended]), { stamp })).toEqual([]);
  });
});

const call = (span: number, more: Record<string, unknown> = {}) => ({
  span,
  trace: 1,
  attributes: chat(100, more),
});

it('a call that is new is billed once, however often it comes', () => {
  const known = chargesOf(call(1));
  const fresh = chargesOf(call(2));
  expect(callsAfter(cutOf([...known, ...late(fresh), ...late(fresh)]))).toBe('2');
});

it('a new view of a response that was billed is not billed, in the same trace or in another', () => {
  const response = { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU' };
  const [known, view] = [chargesOf(call(1, response)), late(chargesOf(call(2, response)))];
  expect(callsAfter(cutOf([...known, ...view]))).toBe('1');
  expect(callsAfter(cutOf(view, { sharing: known }))).toBe('0');
});

it('calls below an agent that was billed for them are not billed, nor an agent above billed calls', () => {
  const agent = chargesOf(call(1)).map((entry) => ({ ...entry, role: 'agent_only' }));
  const below = chargesOf(call(2));
  expect(callsAfter(cutOf([...agent, ...late(below)]))).toBe('1');
  expect(callsAfter(cutOf([...below, ...late(agent)]))).toBe('1');
  expect(callsAfter(cutOf(late([...agent, ...below])))).toBe('1');
});

it('nothing is billed on a day whose entries have expired', () => {
  const fresh = late(chargesOf(call(3)));
  expect(callsAfter(cutOf(fresh, { isLedgerGone: () => true }))).toBe('0');
});
