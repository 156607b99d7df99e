// A control table in memory, for tests: the same contract as ClickHouse's, and a switch to take it away.
import { type ControlRow, type ControlStore, rowKeyOf } from './control-store.ts';

export interface MemoryControlStore extends ControlStore {
  /** While set, every call fails with it. */
  failure: Error | null;
}

export function createMemoryControlStore(): MemoryControlStore {
  const rows = new Map<string, ControlRow>();
  const store: MemoryControlStore = {
    failure: null,
    load: async (sinceVersion) => {
      if (store.failure) throw store.failure;
      const found = [...rows.values()].filter((row) => row.version > sinceVersion);
      found.sort((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0));
      return { rows: found, total: rows.size };
    },
    append: async (added) => {
      if (store.failure) throw store.failure;
      for (const row of added) rows.set(rowKeyOf(row), row);
    },
  };
  return store;
}
