/**
 * Segments that ClickHouse refused, for whoever mended the cause: listed, and put back into the queue. Invariant: one
 * re-enters under an identity that follows from the one it had, so that a copy of the data directory, or a second try
 * after a crash, can never write it twice; tables that hold it already are left out.
 */
import { basename, join } from 'node:path';
import { isUnreadable } from '../disk-error.ts';
import { ABOUT_FILE, encodeAbout, readAbout } from './about-file.ts';
import { decodeIndex, sumRecords } from './index-file.ts';
import { recoverSealed, type WaitingSegment } from './recover-sealed.ts';
import { reenteredName } from './reentered-batches.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE } from './segment-files.ts';
import { REASON_FILE } from './set-aside.ts';

/** A part that lies in poison/ or damaged/. */
export interface SetAsidePart {
  readonly state: 'poison' | 'damaged';
  /** Its folder's name. */
  readonly name: string;
  /** Null where it cannot be told. */
  readonly reason: string | null;
  readonly spanRows: number | null;
  readonly entryRows: number | null;
  /** Tables that hold it; null where that cannot be told. */
  readonly heldBy: readonly string[] | null;
}

/** Why a part cannot be put back: one sentence for the operator. */
export class NotRetryable extends Error {
  override readonly name = 'NotRetryable';
}

export async function listSetAside(
  files: SegmentFiles,
  paths: JournalPaths,
): Promise<SetAsidePart[]> {
  const parts: SetAsidePart[] = [];
  for (const state of ['poison', 'damaged'] as const) {
    for (const name of await files.list(paths[state])) {
      if (!name.endsWith(`.${REASON_FILE}`)) {
        parts.push({ state, name, ...(await describe(files, join(paths[state], name))) });
      }
    }
  }
  return parts;
}

type Described = Omit<SetAsidePart, 'state' | 'name'>;

async function describe(files: SegmentFiles, directory: string): Promise<Described> {
  const reason = await readReason(files, directory);
  try {
    const bytes = await files.read(join(directory, INDEX_FILE));
    const index = decodeIndex(bytes);
    const about = await readAbout(files, directory);
    const rows = index === undefined ? undefined : sumRecords(index.records);
    const counts = { spanRows: rows?.spanRows ?? null, entryRows: rows?.entryRows ?? null };
    return { reason, ...counts, heldBy: about?.heldBy ?? null };
  } catch {
    // Whatever keeps it from being read: it is listed all the same.
    return { reason, spanRows: null, entryRows: null, heldBy: null };
  }
}

async function readReason(files: SegmentFiles, directory: string): Promise<string | null> {
  return (
    (await readReasonIn(files, join(directory, REASON_FILE))) ??
    (await readReasonIn(files, `${directory}.${REASON_FILE}`))
  );
}

async function readReasonIn(files: SegmentFiles, path: string): Promise<string | null> {
  try {
    const json = JSON.parse((await files.read(path)).toString('utf8')) as { reason?: unknown };
    return typeof json.reason === 'string' ? json.reason : null;
  } catch {
    return null;
  }
}

/**
 * Moves a poison segment back to sealed/, under its next identity.
 * @throws NotRetryable when it does not hold, or nobody can tell which tables hold it
 */
export async function reenter(
  files: SegmentFiles,
  paths: JournalPaths,
  name: string,
): Promise<WaitingSegment> {
  const directory = join(paths.poison, basename(name));
  const about = await readable(() => readAbout(files, directory));
  if (name !== basename(name) || (await files.stat(directory)) === undefined) {
    throw new NotRetryable(`there is no ${name} in ${paths.poison}`);
  }
  if (about === undefined || about.was === null) {
    throw new NotRetryable(
      `${directory} does not say what it was: its ${ABOUT_FILE} does not hold`,
    );
  }
  if (about.heldBy === null) {
    throw new NotRetryable(
      `which tables hold rows of ${about.was} cannot be told; a retry might bill them twice. ${directory}/${REASON_FILE} says why`,
    );
  }
  const attempt = about.attempt + 1;
  const target = reenteredName(about.was, attempt);
  // Only the rename makes it count: before, the same try can be made again.
  await files.write(join(directory, ABOUT_FILE), encodeAbout({ ...about, attempt }));
  await files.syncDirectory(directory);
  await files.rename(directory, join(paths.sealed, target));
  await files.syncDirectory(paths.sealed);
  await files.syncDirectory(paths.poison);
  const { waiting, damaged } = await recoverSealed(files, paths, target);
  if (waiting === undefined) {
    throw new NotRetryable(`${name} is damaged (${damaged?.reason}) and was set aside`);
  }
  return waiting;
}

async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isUnreadable(error)) {
      return undefined;
    }
    throw error;
  }
}
