// A register in memory, for tests: the same contract as Keeper's, and a switch to take it away.
import type { OwnershipRecord, OwnershipRegister } from './ownership-register.ts';

export interface MemoryOwnershipRegister extends OwnershipRegister {
  /** While set, every call fails with it. */
  failure: Error | null;
}

export function createMemoryOwnershipRegister(): MemoryOwnershipRegister {
  let newest: OwnershipRecord | undefined;
  const register: MemoryOwnershipRegister = {
    failure: null,
    read: async () => {
      if (register.failure) throw register.failure;
      return newest;
    },
    put: async (record) => {
      if (register.failure) throw register.failure;
      if (record.number <= (newest?.number ?? 0)) return false;
      newest = record;
      return true;
    },
  };
  return register;
}
