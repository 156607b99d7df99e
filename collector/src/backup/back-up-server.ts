/** A server backs up its tables, for as long as somebody waits for it. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { BACKUP_PATIENCE } from './backup-patience.ts';
import { backupSql } from './server-backup.ts';

export interface ServerBackup {
  readonly destination: string;
  /** For the name of the statement. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** A statement goes on when nobody waits for it any more, so it is asked to end. @throws StoreError */
export async function backUpServer(
  store: Store,
  { destination, id, signal }: ServerBackup,
): Promise<void> {
  const queryId = `aicost-backup-${id}`;
  try {
    await store.command(backupSql(store.database, destination), {
      ...BACKUP_PATIENCE,
      queryId,
      signal,
    });
  } catch (error) {
    const mayGoOn = error instanceof StoreError && !error.answered;
    if (mayGoOn) await store.kill(queryId).catch(() => undefined);
    throw error;
  }
}
