import { expect, it } from 'vitest';
import { JournalUnavailable } from '../journal/journal-unavailable.ts';
import { StagedEntries } from './append-entries.ts';

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
