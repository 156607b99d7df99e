/**
 * A backup of a data directory in use. For a moment nothing is settled, inserted or sealed; in it the tables are
 * frozen and the journal is linked, so that every acknowledged row is in the tables or in the journal, and each batch
 * in all tables or in none. The bytes are copied afterwards, while the collector goes on.
 * A row that is in both is looked for by whoever starts on the copy, under its writer and number, as after a crash.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { codeOf, describeDiskError } from '../disk-error.ts';
import { Problem } from '../problems.ts';
import type { FileToCopy } from './copy-files.ts';
import { copyInThread } from './copy-in-thread.ts';
import { FrozenTables } from './frozen-tables.ts';
import { linkJournal } from './journal-links.ts';
import { ENGINE_PATH, removeLeftovers, stagingName } from './leftovers.ts';
import { listFilesBelow } from './list-files.ts';
import { type Manifest, writeManifest } from './manifest.ts';
import { backupSql } from './server-backup.ts';
import { DIRECTORY_MODE } from './synced-files.ts';
import { totalBytes } from './total-bytes.ts';

export interface BackupParts {
  readonly store: Store;
  /** Absolute. */
  readonly dataDir: string;
  /** Runs work while nothing is settled, repriced, deleted or inserted. */
  readonly held: <T>(work: () => Promise<T>) => Promise<T>;
  /** Runs work while nothing moves within the journal. */
  readonly still: <T>(work: () => Promise<T>) => Promise<T>;
  readonly now: () => Date;
  /** Hexadecimal, for names. */
  readonly randomId: () => string;
}

export interface BackupAsked {
  /** An absolute path of a directory that is absent or empty. */
  readonly to: string;
  /** `Disk('name', 'path')` or `S3(collection, 'path')`: a server's tables go there. Null for the embedded engine. */
  readonly destination: string | null;
}

type Show = (progress: object) => void;

const JOURNAL_PATH = 'journal';
/** Of the data directory itself: the control state, and the first operator key until it is rotated. */
const FILES = ['control.json', 'admin.key'] as const;
/** A disk that is filled to its end stops the collector too, if it is the same. */
const FREE_SHARE_LEFT = 0.05;
const SERVER_BACKUP_MS_MAX = 24 * 3_600_000;

/** Resolves with what the backup holds. @throws Problem backup_failed */
export async function backUp(parts: BackupParts, asked: BackupAsked, show: Show): Promise<object> {
  const { dataDir, store, randomId } = parts;
  const id = randomId();
  const staging = join(dataDir, stagingName(id));
  const frozen = new FrozenTables({ store, enginePath: join(dataDir, ENGINE_PATH), id });
  try {
    await removeLeftovers(dataDir);
    show({ step: 'waiting' });
    const at = await parts.held(async () => {
      const now = parts.now();
      await putTablesApart(store, frozen, asked.destination);
      const [from, to] = [join(dataDir, JOURNAL_PATH), join(staging, JOURNAL_PATH)];
      await parts.still(() => linkJournal(from, to));
      return now;
    });
    const tables = asked.destination === null ? await frozen.files() : [];
    const files = [...(await filesOf(dataDir, staging)), ...tables.map(belowEngine)];
    const copied = await copyAll(asked.to, files, show);
    await writeManifest(asked.to, {
      created_at: at.toISOString(),
      database: store.database,
      migration: await newestMigration(store),
      tables: placeOf(asked),
      files: copied,
    });
    return { to: asked.to, at: at.toISOString(), files: copied.length, bytes: sumBytes(copied) };
  } catch (error) {
    throw failure(error, asked.to);
  } finally {
    await removeLeftovers(dataDir);
  }
}

/** @throws Problem parameter_invalid when nothing may be written to `to` */
export async function checkTarget(dataDir: string, to: string): Promise<void> {
  const refuse = (expected: string): never => {
    throw new Problem('parameter_invalid', `to is ${JSON.stringify(to)}; expected ${expected}.`);
  };
  if (`${to}/`.startsWith(`${dataDir}/`)) refuse('a directory outside of the data directory');
  try {
    const names = await readdir(to);
    if (names.length > 0)
      refuse(`an empty directory, or one that is not there yet; it holds ${names[0]}`);
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') refuse('a directory; it is a file');
    if (codeOf(error) !== 'ENOENT') throw failure(error, to);
    await mkdir(to, { recursive: true, mode: DIRECTORY_MODE }).catch((cause: unknown) => {
      throw failure(cause, to);
    });
  }
}

async function putTablesApart(
  store: Store,
  frozen: FrozenTables,
  destination: string | null,
): Promise<void> {
  if (destination === null) return frozen.freeze();
  await store.command(backupSql(store.database, destination), { timeoutMs: SERVER_BACKUP_MS_MAX });
}

function placeOf({ destination }: BackupAsked): Manifest['tables'] {
  return destination === null ? { kind: 'files' } : { kind: 'clickhouse', destination };
}

const belowEngine = ({ from, path }: FileToCopy): FileToCopy => ({
  from,
  path: join(ENGINE_PATH, path),
});

async function filesOf(dataDir: string, staging: string): Promise<FileToCopy[]> {
  const own = FILES.map((path) => ({ from: join(dataDir, path), path }));
  const journal = (await listFilesBelow(staging)).map((path) => ({
    from: join(staging, path),
    path,
  }));
  return [...own.filter(({ from }) => existsSync(from)), ...journal];
}

async function copyAll(to: string, files: readonly FileToCopy[], show: Show) {
  const total = await totalBytes(files.map(({ from }) => from));
  await mustHaveRoom(to, total);
  const about = { step: 'copying', files_total: files.length, bytes_total: total };
  show({ ...about, files: 0, bytes: 0 });
  return copyInThread({ to, files }, (progress) => show({ ...about, ...progress }));
}

/** @throws Problem backup_failed when the disk would be filled */
async function mustHaveRoom(to: string, bytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(to);
  const free = bavail * bsize;
  if (bytes + blocks * bsize * FREE_SHARE_LEFT <= free) return;
  const detail = `${to}: the backup takes ${bytes} bytes, and ${free} are free there; a twentieth of the disk is to stay free.`;
  throw new Problem('backup_failed', detail);
}

async function newestMigration(store: Store): Promise<string> {
  const [row] = await store.query<{ name: string }>(
    'SELECT name FROM migrations ORDER BY number DESC LIMIT 1',
  );
  return row?.name ?? '';
}

const sumBytes = (files: readonly { bytes: number }[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** What a disk answers is told with the path; all else is left as it is. */
function failure(error: unknown, to: string): unknown {
  const text = describeDiskError(error, to);
  return text === undefined ? error : new Problem('backup_failed', text, { cause: error });
}
