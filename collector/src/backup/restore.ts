/**
 * A backup becomes a data directory. Invariant: every file is as its digest says before anything stands where a
 * collector would find it; a restore that was cut off leaves the folder `restoring`, beside it perhaps some of what is
 * whole, and never `control.json`. The next one removes them.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../disk-error.ts';
import { type CopyProgress, copyFiles } from './copy-files.ts';
import { BackupError, type Manifest, type ManifestFile, readManifest } from './manifest.ts';
import { DIRECTORY_MODE, syncDirectory } from './synced-files.ts';

const RESTORING = 'restoring';
/** What may lie in a directory that counts as empty: a new file system has one of these. */
const NOTHING = [RESTORING, 'lost+found'];
/** Without keys and control state nobody takes the directory for a used one, so journal and tables come first. */
const ORDER = ['journal', 'engine', 'admin.key'];
const LAST = 'control.json';

export interface RestoreAsked {
  readonly from: string;
  readonly dataDir: string;
}

/** Resolves with what the backup is. @throws BackupError when it is not whole, or the directory not empty */
export async function restore(
  { from, dataDir }: RestoreAsked,
  onProgress: (progress: CopyProgress) => void,
): Promise<Manifest> {
  const manifest = await readManifest(from);
  await mkdir(dataDir, { recursive: true, mode: DIRECTORY_MODE });
  await removeCutOff(dataDir, manifest);
  await mustBeEmpty(dataDir);
  const staging = join(dataDir, RESTORING);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { mode: DIRECTORY_MODE });
  try {
    const files = manifest.files.map(({ path }) => ({ from: join(from, path), path }));
    mustBeAsBacked(from, manifest.files, await copyFiles(staging, files, onProgress));
    for (const name of inOrder(await readdir(staging))) {
      await rename(join(staging, name), join(dataDir, name));
      await syncDirectory(dataDir);
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    const missing = error instanceof Error && 'path' in error ? String(error.path) : from;
    throw new BackupError(`${from} is no whole backup: ${missing} is missing.`, { cause: error });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return manifest;
}

function mustBeAsBacked(
  from: string,
  backed: readonly ManifestFile[],
  copied: readonly ManifestFile[],
): void {
  const found = new Map(copied.map((file) => [file.path, file]));
  for (const { path, bytes, sha256 } of backed) {
    const copy = found.get(path);
    if (copy?.sha256 === sha256) continue;
    throw new BackupError(
      `${join(from, path)} is damaged: expected ${bytes} bytes with SHA-256 ${sha256}, found ${copy?.bytes} with ${copy?.sha256}. Restore another backup.`,
    );
  }
}

function inOrder(names: readonly string[]): string[] {
  const first = ORDER.filter((name) => names.includes(name));
  const rest = names.filter((name) => name !== LAST && !first.includes(name)).sort();
  return [...first, ...rest, ...names.filter((name) => name === LAST)];
}

/** A collector that ran there has left more than what a backup holds. */
async function removeCutOff(dataDir: string, { files }: Manifest): Promise<void> {
  const names = await readdir(dataDir);
  const ours = new Set(files.map(({ path }) => path.split('/')[0]!));
  const others = names.filter((name) => !NOTHING.includes(name));
  const isCutOff =
    names.includes(RESTORING) && others.every((name) => name !== LAST && ours.has(name));
  if (!isCutOff) return;
  for (const name of others) await rm(join(dataDir, name), { recursive: true });
}

async function mustBeEmpty(dataDir: string): Promise<void> {
  const name = (await readdir(dataDir)).find((one) => !NOTHING.includes(one));
  if (name === undefined) return;
  throw new BackupError(
    `--data-dir ${dataDir} holds ${name}; expected an empty directory, or one that is not there yet.`,
  );
}
