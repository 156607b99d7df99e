/** Backups of a data directory, with what has to wait for them. */
import { normalize } from 'node:path';
import type { BackupWork } from './api/admin-ledger.ts';
import { type BackupParts, backUp, checkTarget } from './backup/back-up.ts';
import { removeLeftovers } from './backup/leftovers.ts';
import { SERVER_PLACE_EXPECTED, serverDestination } from './backup/server-backup.ts';
import type { Config } from './config.ts';
import type { Journal } from './journal/journal.ts';
import type { LandingBlocks } from './keep-spans.ts';
import { Problem } from './problems.ts';
import type { Storage } from './storage.ts';
import type { Storing } from './storing.ts';

export interface BackupOwner {
  readonly config: Pick<Config, 'dataDir' | 'journalBytesMax'>;
  readonly storage: Pick<Storage, 'store' | 'engine'>;
  readonly journal: Pick<Journal<LandingBlocks>, 'sealing' | 'bytes'>;
  readonly storing: Pick<Storing, 'exclusively'>;
}

/** Each collector has a journal of its own, and holds only its own inserts. */
const NOT_OF_CLUSTER =
  'The tables are on a cluster: other collectors would store halves of batches meanwhile. Stop them all, back up with BACKUP … ON CLUSTER, and copy their data directories.';

/** One backup at a time. */
export function openBackup({ config, storage, journal, storing }: BackupOwner): BackupWork {
  let isUnderWay = false;
  // What a killed process left takes room until then; where it cannot be removed, the next backup says why.
  const cleaned = removeLeftovers(config.dataDir).catch(() => undefined);
  const held: BackupParts['held'] = (work, signal) =>
    storing.exclusively(work, { holdWriter: true, isReading: true, signal });
  const still = <T>(work: () => Promise<T>): Promise<T> => journal.sealing.still(work);
  const journalBytes = () => ({ bytes: journal.bytes, bytesMax: config.journalBytesMax });
  return async ({ to: given, clickhouseTo }) => {
    const { kind, cluster } = storage.store;
    if (cluster !== null) throw new Problem('backup_failed', NOT_OF_CLUSTER);
    const destination = readDestination(kind, clickhouseTo);
    const to = normalize(given).replace(/(?<=.)\/$/, '');
    await checkTarget(config.dataDir, to);
    return async (show, signal) => {
      if (isUnderWay)
        throw new Problem('backup_failed', 'Another backup is under way; wait for it.');
      isUnderWay = true;
      try {
        await cleaned;
        const { store } = storage;
        const { dataDir } = config;
        const parts = { store, dataDir, held, still, journalBytes, now: () => new Date() };
        return await backUp(parts, { to, destination }, show, signal);
      } finally {
        isUnderWay = false;
      }
    };
  };
}

/** @throws Problem parameter_invalid */
function readDestination(kind: 'embedded' | 'server', text: string | undefined): string | null {
  const refuse = (expected: string) => {
    const told = text === undefined ? 'missing' : JSON.stringify(text.slice(0, 100));
    return new Problem('parameter_invalid', `clickhouse_to is ${told}; expected ${expected}.`);
  };
  if (kind === 'embedded') {
    if (text === undefined) return null;
    throw refuse('none: the tables of the embedded engine are copied with the rest');
  }
  const destination = text === undefined ? undefined : serverDestination(text);
  if (destination === undefined) throw refuse(SERVER_PLACE_EXPECTED);
  return destination;
}
