/**
 * What is kept apart: poison/ (ClickHouse refused it) and damaged/ (it does not hold). Invariant: nothing is removed
 * here, and whatever lies here is told: it is acknowledged, or may be, and no total has it.
 */
import { basename, join } from 'node:path';
import { codeOf } from '../disk-error.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { freePath } from './segment-files.ts';

export const REASON_FILE = 'reason.json';

/** A part that does not hold, where it lies now, and why. */
export interface DamagedPart {
  directory: string;
  reason: string;
}

/** Moves a folder, or a stray file, to damaged/. */
export async function setAsideDamaged(
  files: SegmentFiles,
  paths: JournalPaths,
  { path, reason }: { path: string; reason: string },
): Promise<DamagedPart> {
  const target = await freePath(files, join(paths.damaged, basename(path)));
  // First: once it is moved, whoever tries again after an error does not come by here.
  await writeReason(files, { path, target }, reason);
  await files.rename(path, target);
  await files.syncDirectory(paths.damaged);
  await files.syncDirectory(join(path, '..'));
  return { directory: target, reason };
}

/** A reason that cannot be written must not stop a start: it is in the log too. */
async function writeReason(
  files: SegmentFiles,
  { path, target }: { path: string; target: string },
  reason: string,
): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify({ reason })}\n`);
  try {
    await files.write(join(path, REASON_FILE), bytes);
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') {
      // A stray file has nothing inside: its reason lies beside it, or only in the log.
      await files.write(`${target}.${REASON_FILE}`, bytes).catch(() => undefined);
    }
  }
}

/** How many parts lie apart. */
export interface SetAsideCounts {
  poison: number;
  damaged: number;
}

export async function countSetAside(
  files: SegmentFiles,
  paths: JournalPaths,
): Promise<SetAsideCounts> {
  const isPart = (name: string) => !name.endsWith(`.${REASON_FILE}`);
  return {
    poison: (await files.list(paths.poison)).filter(isPart).length,
    damaged: (await files.list(paths.damaged)).filter(isPart).length,
  };
}
