/**
 * Segments that ClickHouse refused, for whoever mended the cause: listed, and put back into the queue. Invariant: one
 * re-enters under an identity that follows from the one it had, so that a copy of the data directory, or a second try
 * after a crash, can never write it twice; tables that hold it already are left out.
 */
import { basename, join } from 'node:path';
import { isUnreadable } from '../disk-error.ts';
import { ABOUT_FILE, readAbout, writeAbout } from './about-file.ts';
import { decodeIndex, sumRecords } from './index-file.ts';
import { recoverSealed, type WaitingSegment } from './recover-sealed.ts';
import { reenteredName } from './reentered-batches.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE } from './segment-files.ts';
import { type DamagedPart, REASON_FILE } from './set-aside.ts';

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
class NotRetryable extends Error {
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

/** What a segment that re-enters is told of, and asked for. */
export interface ReenterHooks {
  /** Whether the folder waits in the queue already. */
  readonly isQueued: (directory: string) => boolean;
  readonly onDamaged: (damage: DamagedPart) => void;
}

/**
 * Moves a poison segment back to sealed/, under its next identity, and returns what holds of it. Rejects when the disk
 * fails; call again, also once it was moved.
 * @throws NotRetryable when nothing of it holds, or nobody can tell which tables hold it
 */
export async function reenter(
  files: SegmentFiles,
  paths: JournalPaths,
  name: string,
  { isQueued, onDamaged }: ReenterHooks,
): Promise<{ waiting: WaitingSegment; damaged: DamagedPart | undefined }> {
  const isName = name === basename(name);
  const isThere = isName && (await files.stat(join(paths.poison, name))) !== undefined;
  const target = isThere
    ? await moveToNext(files, paths, name)
    : isName && (await movedBefore(files, paths, { name, isQueued }));
  if (target === undefined || target === false) {
    throw new NotRetryable(`there is no ${name} in ${paths.poison}`);
  }
  await files.syncDirectory(paths.sealed);
  await files.syncDirectory(paths.poison);
  const { waiting, damaged } = await recoverSealed(files, paths, target);
  if (damaged !== undefined) onDamaged(damaged);
  if (waiting === undefined) {
    throw new NotRetryable(`${name} is damaged (${damaged?.reason}) and was set aside`);
  }
  return { waiting, damaged };
}

/** Returns its name in sealed/. */
async function moveToNext(files: SegmentFiles, paths: JournalPaths, name: string): Promise<string> {
  const directory = join(paths.poison, name);
  const about = await readable(() => readAbout(files, directory));
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
  const attempt = attemptOf(name, { was: about.was, attempt: about.attempt }) + 1;
  const target = reenteredName(about.was, attempt);
  // Only the rename makes it count: before, the same try can be made again.
  await writeAbout(files, directory, { ...about, attempt });
  await files.rename(directory, join(paths.sealed, target));
  return target;
}

/** How often the segment of this name re-entered. Its about.json is one ahead where a try ended before its rename. */
function attemptOf(name: string, { was, attempt }: { was: string; attempt: number }): number {
  const isAhead = attempt > 0 && withoutNumber(name) === reenteredName(was, attempt - 1);
  return isAhead ? attempt - 1 : attempt;
}

/** `<writer>.<seq>.<day>` of a folder that may have a number behind it, where its name was not free. */
function withoutNumber(name: string): string {
  return name.split('.').slice(0, 3).join('.');
}

/** What it is called in sealed/, if an earlier try moved it and failed then. */
async function movedBefore(
  files: SegmentFiles,
  paths: JournalPaths,
  { name, isQueued }: { name: string; isQueued: (directory: string) => boolean },
): Promise<string | undefined> {
  for (const each of await files.list(paths.sealed)) {
    const directory = join(paths.sealed, each);
    const about = isQueued(directory)
      ? undefined
      : await readable(() => readAbout(files, directory));
    const { was = null, attempt = 0 } = about ?? {};
    if (was !== null && attempt > 0 && reenteredName(was, attempt - 1) === withoutNumber(name)) {
      return each;
    }
  }
  return undefined;
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
