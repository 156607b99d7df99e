/** Lists and puts back what was set aside, in a journal that is open or in one that nobody has open. */
import type { RetriedRow, SetAsideOperations } from '../set-aside-row.ts';
import type { SetAsidePart } from './poison.ts';
import type { DamagedPart } from './set-aside.ts';

/** The part of a journal, open or stopped, that knows what was set aside. */
interface SetAsideParts {
  listSetAside(): Promise<readonly SetAsidePart[]>;
  /** Resolves with what of it does not hold. @throws NotRetryable, or an error of the disk */
  retryPoison(name: string): Promise<DamagedPart | undefined>;
}

export function setAsideOperations(parts: SetAsideParts): SetAsideOperations {
  const list = async () =>
    (await parts.listSetAside()).map(({ spanRows, entryRows, heldBy, ...part }) => ({
      ...part,
      span_rows: spanRows,
      entry_rows: entryRows,
      held_by: heldBy === null ? null : [...heldBy],
    }));
  return {
    list,
    async retry(name) {
      const poison = (await list()).filter(({ state }) => state === 'poison');
      const names = name === undefined ? poison.map((part) => part.name) : [name];
      const rows: RetriedRow[] = [];
      for (const each of names) {
        rows.push({ name: each, ...(await retryOne(parts, each)) });
      }
      return rows;
    },
  };
}

/** Each part has its answer: one that fails must not hide what became of the others. */
async function retryOne(parts: SetAsideParts, name: string): Promise<Omit<RetriedRow, 'name'>> {
  try {
    const damaged = await parts.retryPoison(name);
    const reason = damaged === undefined ? null : `${damaged.reason}: see ${damaged.directory}`;
    return { retried: true, reason };
  } catch (error) {
    return { retried: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
