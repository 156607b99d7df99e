import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { JournalUnavailable } from '../journal/journal-unavailable.ts';
import { chat, openRoad, requestOf } from '../test-road.ts';
import { StagedEntries } from './append-entries.ts';
import { reversalOf } from './difference.ts';
import { receiveTrace } from './fixture.ts';

/** A journal whose flushes fail or not between stage and commit, as another's commit may cause one. */
function begin() {
  const journal = {
    failedFlushes: 3,
    rowsFor: () => {
      throw new Error('no rows in this test');
    },
    commit: async () => undefined,
  };
  return { journal, staged: new StagedEntries(journal) };
}

it('is durable when no flush failed since the first entry was staged', async () => {
  const { staged } = begin();
  await expect(staged.commit()).resolves.toBeUndefined();
});

it('does not say durable when a flush failed that nobody waited for: its entries are gone', async () => {
  const { journal, staged } = begin();
  journal.failedFlushes++;
  await expect(staged.commit()).rejects.toThrow(JournalUnavailable);
});

it('puts all entries of a span into one segment, also when it is full on the way', async () => {
  const { journal, remove } = await openRoad({ segmentRowsMax: 4 });
  onTestFinished(remove);
  const spans = [1, 2].map((span) => ({ span, trace: 1, attributes: chat(100, {}) }));
  const charges = receiveTrace(requestOf(spans)).flatMap(({ entry }) => entry ?? []);
  const stamp = () => ({ entryId: randomBytes(16), recordedAtNs: 2n });
  const staged = new StagedEntries(journal);
  staged.stage(
    charges.flatMap((one) => [one, ...[1, 2, 3, 4].map(() => reversalOf(one, stamp()))]),
  );
  await staged.commit();
  await journal.close();
  expect(journal.queue.count).toBe(2);
  for (let left = 2; left > 0; left--) {
    const segment = (await journal.queue.next())!;
    // It tells whose they are, as it does of spans.
    expect(segment).toMatchObject({ entryRows: 5, tenants: [charges[0]!.tenant] });
    await journal.queue.release(segment);
  }
});
