/** Lists and puts back what was set aside, in a journal that is open or in one that nobody has open. */
import type { RetriedRow, SetAsideOperations } from '../set-aside-row.ts';
import type { SetAsidePart } from './poison.ts';
import { NotRetryable } from './poison.ts';

/** The part of a journal, open or stopped, that knows what was set aside. */
interface SetAsideParts {
  listSetAside(): Promise<readonly SetAsidePart[]>;
  /** @throws NotRetryable */
  retryPoison(name: string): Promise<void>;
}

export function setAsideOperations(parts: SetAsideParts): SetAsideOperations {
  const list = async () =>
    (await parts.listSetAside()).map(({ spanRows, entryRows, heldBy, ...part }) => ({
      ...part,
      span_rows: spanRows,
      entry_rows: entryRows,
      held_by: heldBy,
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

async function retryOne(parts: SetAsideParts, name: string): Promise<Omit<RetriedRow, 'name'>> {
  try {
    await parts.retryPoison(name);
    return { retried: true, reason: null };
  } catch (error) {
    if (error instanceof NotRetryable) {
      return { retried: false, reason: error.message };
    }
    throw error;
  }
}
