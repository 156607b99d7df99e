/**
 * What is to be done with the calls of a trace that came in with one request, found out without an object: nearly all
 * traces are of calls that stand for themselves, and need no rules.
 * Invariant: `decided` is said only where resolve-roles.ts would leave every call the leaf that its own span suggests.
 */
import type { Attribution } from '../normalise/call.ts';
import { NOBODY } from '../normalise/call.ts';
import { RESPONSE_ID } from '../normalise/learned/kept-calls.ts';
import { inheritedBy } from './inherit-attribution.ts';
import type { RequestRecord } from './request-record.ts';

/**
 * `decided`: each call is billed, and may inherit. `own`: a call does not reach a root, each is charged as its own span
 * tells. `unclear`: the rules must look at the trace.
 */
export type Judgement = 'decided' | 'own' | 'unclear';

/** Larger traces are left to the rules, as are those with more calls than are compared one with another. */
const SPANS_MAX = 5_000;
const CALLS_MAX = 32;

export function judgeTrace(record: RequestRecord<unknown>, t: number): Judgement {
  const { spans, traces } = record;
  if (traces.sizes[t]! > SPANS_MAX) return 'unclear';
  let isClear = traces.calls[t]! <= CALLS_MAX;
  let isWhole = true;
  for (let n = traces.first[t]!; n >= 0; n = traces.next[n]!) {
    if (spans.isChanged(n)) return 'unclear';
    const call = spans.call(n);
    if (call >= 0) {
      const way = wayUp(record, n);
      if (way === 'endless' || record.calls.templates[call] === undefined) return 'unclear';
      isWhole &&= way !== 'broken';
      isClear &&= way === 'plain' && isPlainLeaf(record, call);
    }
  }
  if (!isWhole) return 'own';
  return isClear && areDistinct(record, t) ? 'decided' : 'unclear';
}

/** A call is above it; its root is not here; it runs in a circle; or none of that. */
function wayUp(
  { spans, traces }: RequestRecord<unknown>,
  n: number,
): 'plain' | 'call' | 'broken' | 'endless' {
  let hasCall = false;
  let at = n;
  for (let steps = 0; spans.parentStart(at) >= 0; steps++) {
    at = traces.parentOf(at);
    if (at < 0) return 'broken';
    if (steps > spans.count) return 'endless';
    hasCall ||= spans.call(at) >= 0;
  }
  return hasCall ? 'call' : 'plain';
}

function isPlainLeaf({ calls, charges }: RequestRecord<unknown>, call: number): boolean {
  return calls.templates[call]!.role === 'leaf' && charges[call] !== undefined;
}

/** Whether no two calls began together or show one response: those might be views of the same. */
function areDistinct(record: RequestRecord<unknown>, t: number): boolean {
  const { spans, traces } = record;
  if (traces.calls[t] === 1) return true;
  for (let n = traces.first[t]!; n >= 0; n = traces.next[n]!) {
    if (spans.call(n) >= 0) {
      for (let other = traces.next[n]!; other >= 0; other = traces.next[other]!) {
        if (spans.call(other) >= 0 && mayBeSame(record, n, other)) return false;
      }
    }
  }
  return true;
}

function mayBeSame({ spans, calls }: RequestRecord<unknown>, n: number, other: number): boolean {
  if (spans.startLo(n) === spans.startLo(other) && spans.startHi(n) === spans.startHi(other)) {
    return true;
  }
  const response = calls.text(spans.call(n), RESPONSE_ID);
  return response !== '' && response === calls.text(spans.call(other), RESPONSE_ID);
}

/** Whom the call that span n is was for, where it does not tell all of that itself; undefined: as it tells. */
export function inheritedOf(record: RequestRecord<unknown>, n: number): Attribution | undefined {
  const { spans, traces, calls } = record;
  const above: Attribution[] = [];
  let isTold = calls.tags[spans.call(n)]!.length > 0;
  for (let at = n; spans.parentStart(at) >= 0; ) {
    at = traces.parentOf(at);
    const attribution = spans.attributions[at]!;
    isTold ||= attribution !== NOBODY;
    above.push(attribution);
  }
  return isTold ? inheritedBy(calls.attribution(spans.call(n)), above) : undefined;
}
