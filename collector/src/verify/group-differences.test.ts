/** A group of spans against its entries, where a log event told a call better than its span (decision 26). */
import { expect, it } from 'vitest';
import { RULES_VERSION } from '../normalise/dialects.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { liveEntries } from '../settle/difference.ts';
import type { SettleSpan } from '../settle/settle-span.ts';
import { bookedFor, TOLD_PRICE, toldCall } from '../test-told-call.ts';
import { groupDifference } from './group-differences.ts';
import { type Difference, Skipped } from './report.ts';

const { span, event } = toldCall();
/** What came since settle passed; the group is open again. */
const late: SettleSpan = { ...span, spanId: '3'.repeat(16), call: undefined };

function differenceOf(
  spans: readonly SettleSpan[],
  entries: readonly LedgerEntry[],
  isSettled: boolean,
): Difference | null {
  const rules = { price: TOLD_PRICE, rulesVersion: RULES_VERSION, skipped: new Skipped() };
  const traceIds = new Set(spans.map(({ traceId }) => traceId));
  return groupDifference({ spans, entries, isSettled }, traceIds, rules);
}

it('a call that its event told is right, whether settle has passed or has yet to again', () => {
  const entries = bookedFor([span, event]);
  expect(liveEntries(entries)).toMatchObject([{ calls: 1n }, { calls: 0n }]);
  for (const isSettled of [true, false]) {
    expect(differenceOf([span, event, late], entries, isSettled)).toBeNull();
  }
});

it('a charge of more than its span tells is a difference where no event near it tells that', () => {
  const charges = bookedFor([span, event]).filter(({ calls }) => calls === 1n);
  for (const spans of [[span], [span, toldCall(2_001).event]]) {
    expect(differenceOf(spans, charges, false)).toMatchObject({ column: 'semantics' });
  }
});

it('a charge of another amount than its event comes to is a difference', () => {
  const entries = bookedFor([span, event]).map((entry) =>
    entry.calls === 1n
      ? { ...entry, charge: { ...entry.charge, costAtto: entry.charge.costAtto! + 1n } }
      : entry,
  );
  expect(differenceOf([span, event], entries, false)).toMatchObject({ column: 'cost_usd' });
});
