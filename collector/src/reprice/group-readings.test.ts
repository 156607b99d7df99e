/** The other reading of calls that settle billed with the usage of their log event. */
import { expect, it } from 'vitest';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { SettleSpan } from '../settle/settle-span.ts';
import { bookedFor, TOLD_ALTERNATIVE, toldCall } from '../test-told-call.ts';
import { groupReader } from './group-readings.ts';

const { span, event } = toldCall();

function chargeOf(group: readonly SettleSpan[]): LedgerEntry {
  return bookedFor(group).find(({ spanId }) => spanId === span.spanId)!;
}

it('is that of the event', () => {
  const group = [span, event];
  const charge = chargeOf(group);
  expect(charge).toMatchObject({ semantics: 'assumed_inclusive', usage: { in_uncached: 600n } });
  expect(groupReader(group)(charge)).toEqual({ alternative: TOLD_ALTERNATIVE });
});

it('is that of the event too where a span that came since tells the call itself, and settle has not passed', () => {
  const charge = chargeOf([span, event]);
  const usage = {
    ...event.call!.usage!,
    buckets: { in_uncached: 7n },
    semantics: 'inclusive' as const,
  };
  const newer = { ...span, receivedAtNs: span.receivedAtNs + 1n, call: { ...span.call!, usage } };
  expect(groupReader([span, newer, event])(charge)).toEqual({ alternative: TOLD_ALTERNATIVE });
});

it('is not known where the event is gone, tells something else, or is of another time', () => {
  const charge = chargeOf([span, event]);
  const usage = { ...event.call!.usage!, buckets: { in_uncached: 601n } };
  const other = { ...event, call: { ...event.call!, usage } };
  for (const group of [[span], [span, other], [span, toldCall(2_001).event]]) {
    expect(groupReader(group)(charge)).toBeUndefined();
  }
});
