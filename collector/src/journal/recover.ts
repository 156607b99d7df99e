/**
 * What the journal does at start, before anyone is answered: finish splits and salvages, cut torn tails, seal what was
 * open, and list what waits. Only bytes that were never acknowledged are lost (FORMAT.md).
 */
import { join } from 'node:path';
import { isUnreadable } from '../disk-error.ts';
import { moveSplitOf, recoverOpen } from './recover-open.ts';
import { finishSalvage, isSalvage, recoverSealed, type WaitingSegment } from './recover-sealed.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';
import { type DamagedPart, setAsideDamaged } from './set-aside.ts';

/** What recovery found and did, for the log. */
export interface Recovery {
  /** In the order in which they must be written: by writer, then by seq. */
  sealed: WaitingSegment[];
  /** Bytes cut from the ends of open segments: written, but never acknowledged. */
  tornBytes: number;
  /** Parts that do not hold, set aside with the reason. */
  damaged: DamagedPart[];
}

export async function recoverJournal(files: SegmentFiles, paths: JournalPaths): Promise<Recovery> {
  for (const directory of Object.values(paths) as string[]) {
    await files.makeDirectory(directory);
  }
  const root = join(paths.open, '..');
  await files.syncDirectory(root);
  await files.syncDirectory(join(root, '..'));
  const recovery: Recovery = { sealed: [], tornBytes: 0, damaged: [] };
  await finishSplits(files, paths, recovery);
  for (const id of await files.list(paths.open)) {
    const { tornBytes, damaged } = await recoverOpen(files, paths, id);
    recovery.tornBytes += tornBytes;
    remember(recovery, damaged);
  }
  for (const name of await files.list(paths.sealed)) {
    const { waiting, damaged } = await recoverSealed(files, paths, name);
    remember(recovery, damaged);
    if (waiting !== undefined) {
      recovery.sealed.push(waiting);
    }
  }
  recovery.sealed.sort(
    ({ segment: a }, { segment: b }) =>
      a.writerId.localeCompare(b.writerId) || a.batchSeq - b.batchSeq,
  );
  return recovery;
}

/** Whether the segment that was split is still there: then nothing was moved yet, and it is split again. */
async function isWholeOpen(
  files: SegmentFiles,
  paths: JournalPaths,
  ready: string,
): Promise<boolean> {
  const directory = join(paths.open, ready.slice(0, -'.ready'.length));
  const rows = await files.stat(join(directory, ROWS_FILE));
  return rows !== undefined && (await files.stat(join(directory, INDEX_FILE))) !== undefined;
}

/** What was begun in split/ and counts is brought to its end; the rest is thrown away. */
async function finishSplits(
  files: SegmentFiles,
  paths: JournalPaths,
  recovery: Recovery,
): Promise<void> {
  for (const name of await files.list(paths.split)) {
    const path = join(paths.split, name);
    const fault = await faultOf(() => files.list(path));
    if (fault !== undefined) {
      remember(recovery, await setAsideDamaged(files, paths, { path, reason: fault }));
    } else if (isSalvage(name)) {
      remember(recovery, await finishSalvage(files, paths, name));
    } else if (name.endsWith('.ready') && !(await isWholeOpen(files, paths, name))) {
      await moveSplitOf(files, paths, name.slice(0, -'.ready'.length));
    } else {
      await files.remove(path);
    }
  }
}

/** Why this part cannot be read; undefined when it can. Rejects when it is not the part that fails. */
async function faultOf(read: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await read();
    return undefined;
  } catch (error) {
    if (!isUnreadable(error)) {
      throw error;
    }
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function remember(recovery: Recovery, damaged: DamagedPart | undefined): void {
  if (damaged !== undefined) {
    recovery.damaged.push(damaged);
  }
}
