/**
 * A backup of a data directory in use. For a moment nothing is settled, inserted or sealed; in it the tables are
 * frozen and the journal is linked, so that every acknowledged row is in the tables or in the journal, and each batch
 * in all tables or in none. The bytes are copied afterwards, while the collector goes on. Whoever starts on the copy
 * looks for every batch of the journal in its tables, under writer and number, as after a crash.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { codeOf, describeDiskError } from '../disk-error.ts';
import { Problem } from '../problems.ts';
import { backUpServer } from './back-up-server.ts';
import type { FileToCopy } from './copy-files.ts';
import { type CopyJob, copyInThread } from './copy-in-thread.ts';
import { FrozenTables } from './frozen-tables.ts';
import { linkJournal } from './journal-links.ts';
import { ENGINE_PATH, newBackupId, removeLeftovers, stagingName } from './leftovers.ts';
import { listFilesBelow } from './list-files.ts';
import { type Manifest, writeManifest } from './manifest.ts';
import { mustHaveRoom } from './room.ts';
import { DIRECTORY_MODE } from './synced-files.ts';
import { totalBytes } from './total-bytes.ts';

export interface BackupParts {
  readonly store: Store;
  /** Absolute. */
  readonly dataDir: string;
  /** Runs work while nothing is settled, repriced, deleted or inserted; what waits for it ends with the signal. */
  readonly held: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Runs work while nothing moves within the journal. */
  readonly still: <T>(work: () => Promise<T>) => Promise<T>;
  /** How full the journal is, and when it takes no more. */
  readonly journalBytes: () => { readonly bytes: number; readonly bytesMax: number };
  readonly now: () => Date;
}

export interface BackupAsked {
  /** An absolute path of a directory that is absent or empty. */
  readonly to: string;
  /** `Disk('name', 'path')` or `S3(collection, 'path')`: a server's tables go there. Null for the embedded engine. */
  readonly destination: string | null;
}

type Show = (progress: object) => void;

const JOURNAL_PATH = 'journal';
/** Of the data directory itself: control state, what was used today, the first operator key until it is rotated. */
const FILES = ['control.json', 'daily-use.json', 'admin.key'] as const;

/** Resolves with what the backup holds; ends when the signal fires. @throws Problem backup_failed */
export async function backUp(
  parts: BackupParts,
  asked: BackupAsked,
  show: Show,
  signal: AbortSignal,
): Promise<object> {
  const { dataDir, store } = parts;
  const id = newBackupId();
  const staging = join(dataDir, stagingName(id));
  const frozen = new FrozenTables({ store, enginePath: join(dataDir, ENGINE_PATH), id });
  const journal = join(dataDir, JOURNAL_PATH);
  // What the server has written already when something fails afterwards.
  let written: string | null = null;
  try {
    await removeLeftovers(dataDir);
    const waiting = await listFilesBelow(journal);
    await mustHaveRoom(asked.to, await totalBytes(waiting.map((path) => join(journal, path))));
    show({ step: 'waiting' });
    const at = await parts.held(async () => {
      signal.throwIfAborted();
      // It takes what comes in until the server is done, and refuses what it has no room for.
      const { bytes, bytesMax } = parts.journalBytes();
      const fill = { journal_bytes: bytes, journal_bytes_max: bytesMax };
      if (asked.destination !== null) show({ step: 'server', ...fill });
      const now = parts.now();
      await putTablesApart(store, frozen, { destination: asked.destination, id, signal });
      written = asked.destination;
      await parts.still(() => linkJournal(journal, join(staging, JOURNAL_PATH)));
      return now;
    }, signal);
    const tables = asked.destination === null ? await frozen.files() : [];
    const files = [...(await filesOf(dataDir, staging)), ...tables.map(belowEngine)];
    const copied = await copyAll({ to: asked.to, files }, show, signal);
    await writeManifest(asked.to, {
      created_at: at.toISOString(),
      database: store.database,
      migration: await newestMigration(store),
      tables: placeOf(asked),
      files: copied,
    });
    return { to: asked.to, at: at.toISOString(), files: copied.length, bytes: sumBytes(copied) };
  } catch (error) {
    throw failure(error, { to: asked.to, dataDir, written });
  } finally {
    // What went wrong before is the cause; and the next backup says why they cannot be removed.
    await removeLeftovers(dataDir).catch(() => undefined);
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
    if (codeOf(error) !== 'ENOENT') throw failure(error, { to, dataDir });
    await mkdir(to, { recursive: true, mode: DIRECTORY_MODE }).catch((cause: unknown) => {
      throw failure(cause, { to, dataDir });
    });
  }
}

async function putTablesApart(
  store: Store,
  frozen: FrozenTables,
  { destination, ...call }: { destination: string | null; id: string; signal: AbortSignal },
): Promise<void> {
  if (destination === null) return frozen.freeze();
  await backUpServer(store, { destination, ...call });
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

async function copyAll({ to, files }: CopyJob, show: Show, signal: AbortSignal) {
  const total = await totalBytes(files.map(({ from }) => from));
  await mustHaveRoom(to, total);
  const about = { step: 'copying', files_total: files.length, bytes_total: total };
  show({ ...about, files: 0, bytes: 0 });
  return copyInThread({ to, files }, (progress) => show({ ...about, ...progress }), signal);
}

async function newestMigration(store: Store): Promise<string> {
  const [row] = await store.query<{ name: string }>(
    'SELECT name FROM migrations ORDER BY number DESC LIMIT 1',
  );
  return row?.name ?? '';
}

const sumBytes = (files: readonly { bytes: number }[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

interface Failed {
  readonly to: string;
  readonly dataDir: string;
  /** Where the server has its tables by now. */
  readonly written?: string | null;
}

/** What a disk answers is told with the path, what ClickHouse refuses as it says it; all else is left as it is. */
function failure(error: unknown, { to, dataDir, written = null }: Failed): unknown {
  const text = toldText(error, to, dataDir);
  if (text === undefined) return error;
  const left = written === null ? '' : ` The tables are in ${written} already: remove them there.`;
  return new Problem('backup_failed', `${text}${left}`, { cause: error });
}

function toldText(error: unknown, to: string, dataDir: string): string | undefined {
  if (error instanceof Problem && error.code === 'backup_failed') return error.message;
  if (error instanceof StoreError && error.answered && !error.retryable) return error.message;
  const path = error instanceof Error && 'path' in error ? String(error.path) : to;
  const isSource = path.startsWith(`${dataDir}/`);
  const named = isSource
    ? { directory: dataDir, option: '--data-dir' }
    : { directory: to, option: '--to' };
  return describeDiskError(error, named);
}
