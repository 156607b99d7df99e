/** `aicost restore`: a backup into an empty data directory, and the tables of a server, where there is one. */
import { resolve } from 'node:path';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { BACKUP_PATIENCE } from './backup/backup-patience.ts';
import { BackupError, type Manifest, readManifest } from './backup/manifest.ts';
import { type RestoreAsked, restore } from './backup/restore.ts';
import { restoreSql } from './backup/server-backup.ts';
import { requiredDirectory } from './cli/backup.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { describeDiskError, type NamedDirectory } from './disk-error.ts';
import { serverAddress } from './server-address.ts';

/** Runs the command. @returns 0 when everything is there as it was backed up */
export async function runRestore(input: CommandInput): Promise<number> {
  const from = resolve(requiredDirectory(input.flags, 'from'));
  const dataDir = resolve(input.config.dataDir);
  let server: Store | undefined;
  try {
    const backed = await readManifest(from);
    mustFit(input.config, backed);
    // Whoever is refused has to be told before anything is there.
    server = await openServer(input.config, backed);
    const manifest = await restore({ from, dataDir }, ({ files, bytes }) => {
      if (!input.json) input.io.writeError(`  … ${files} files, ${bytes} bytes\n`);
    });
    await restoreServer(server, manifest);
    return tell(input, dataDir, manifest);
  } catch (error) {
    if (error instanceof BackupError) throw new CommandError(error.message, { cause: error });
    const text = describeDiskError(error, namedIn(error, { from, dataDir }));
    if (text !== undefined) throw new CommandError(text, { cause: error });
    throw error;
  } finally {
    await server?.close();
  }
}

/** A backup of a server's journal is of no use to an embedded engine, and the other way about. */
function mustFit(
  { clickhouseUrl, database }: Config,
  { tables, database: backed }: Manifest,
): void {
  if (database !== backed) {
    throw new ConfigError(`--database is ${database}; expected ${backed}, which the backup is of.`);
  }
  if (tables.kind === 'clickhouse' && clickhouseUrl === null) {
    throw new ConfigError(
      `--clickhouse-url is missing; expected the server that is to have the tables, which are in ${tables.destination}.`,
    );
  }
  if (tables.kind === 'files' && clickhouseUrl !== null) {
    throw new ConfigError(
      '--clickhouse-url is given, but the backup is of an embedded engine: restore it as one, then move it to the server.',
    );
  }
}

function namedIn(error: unknown, { from, dataDir }: RestoreAsked): NamedDirectory {
  const path = error instanceof Error && 'path' in error ? String(error.path) : dataDir;
  return path.startsWith(from)
    ? { directory: from, option: '--from' }
    : { directory: dataDir, option: '--data-dir' };
}

/** Undefined of a backup that has its tables itself. @throws ConfigError, CommandError */
async function openServer(config: Config, { tables }: Manifest): Promise<Store | undefined> {
  if (tables.kind === 'files') return undefined;
  const address = await serverAddress(config.clickhouseUrl!, config);
  // Not its own database: that is not there yet.
  const store = createStore({ kind: 'server', ...address, database: 'default' });
  try {
    // A ping asks for no password.
    await store.query('SELECT 1 AS one');
    return store;
  } catch (error) {
    await store.close();
    if (!(error instanceof StoreError)) throw error;
    throw new CommandError(`Nothing was restored: ${error.message}.`, { cause: error });
  }
}

/** The tables come after the journal: what is in both is looked for by the collector that starts on them. */
async function restoreServer(
  store: Store | undefined,
  { database, tables }: Manifest,
): Promise<void> {
  if (tables.kind === 'files' || store === undefined) return;
  const sql = restoreSql(database, tables.destination);
  try {
    await store.command(sql, BACKUP_PATIENCE);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CommandError(
      `The journal and the keys are restored; the tables are not: ${error.message}. Mend it, then run on the server: ${sql}`,
      { cause: error },
    );
  }
}

function tell({ io, json }: CommandInput, dataDir: string, manifest: Manifest): number {
  const { created_at: at, migration, files } = manifest;
  if (json) {
    io.write(`${JSON.stringify({ data_dir: dataDir, at, migration, files: files.length })}\n`);
    return 0;
  }
  io.write(
    `Restored into ${dataDir} what was backed up at ${at}: ${files.length} files, each as its digest says. Start it with aicost start --data-dir ${dataDir}, then aicost verify.\n`,
  );
  return 0;
}
