/** What two settlers that did not see each other have taken back twice is put right, whoever of them saw what. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { chat, requestOf } from '../test-road.ts';
import { reversalOf } from './difference.ts';
import { receiveTrace, sumsOf } from './fixture.ts';
import { surplusReversals } from './surplus-reversals.ts';

const stamp = () => ({ entryId: randomBytes(16), recordedAtNs: 2n });
const reverse = (entry: LedgerEntry): LedgerEntry => reversalOf(entry, stamp());

function aCharge(): LedgerEntry {
  const spans = [{ span: 1, trace: 1, attributes: chat(100, {}) }];
  return receiveTrace(requestOf(spans)).flatMap(({ entry }) => entry ?? [])[0]!;
}

const corrected = (entries: readonly LedgerEntry[]): LedgerEntry[] =>
  surplusReversals(entries).map(reverse);

it('nothing is taken back of an entry that was taken back once', () => {
  const charge = aCharge();
  expect(surplusReversals([charge])).toEqual([]);
  expect(surplusReversals([charge, reverse(charge)])).toEqual([]);
});

describe('an entry that was taken back several times', () => {
  it.for([2, 3, 7])('%d times is undone once', (times) => {
    const charge = aCharge();
    const entries = [charge, ...Array.from({ length: times }, () => reverse(charge))];
    expect(sumsOf(entries).calls).toBe(String(1 - times));
    entries.push(...corrected(entries));
    expect(sumsOf(entries)).toEqual(sumsOf([charge, reverse(charge)]));
    expect(corrected(entries)).toEqual([]);
  });

  it('stays undone, and once, whatever settlers saw of it and of each other', () => {
    const look = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(look, { maxLength: 5 }),
        (times, looks) => {
          const charge = aCharge();
          const entries = [charge, ...Array.from({ length: times }, () => reverse(charge))];
          for (const sees of looks) {
            // Each appends at once what follows from the entries that it sees; the others see that only later.
            const seen = entries.filter((_, i) => sees[i % sees.length]);
            entries.push(...corrected(seen));
          }
          for (let left = corrected(entries); left.length > 0; left = corrected(entries)) {
            entries.push(...left);
          }
          expect(sumsOf(entries)).toEqual(sumsOf([charge, reverse(charge)]));
        },
      ),
      { numRuns: 200 },
    );
  });
});
