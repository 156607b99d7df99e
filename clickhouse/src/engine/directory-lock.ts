/**
 * The lock of a data directory: one process at a time, told apart by pid and start time.
 * Invariant: the lock file appears with its whole content at once (a hard link), and a lock left
 * by a dead process is taken over.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Thrown when another living process owns the directory. */
export class DirectoryLockedError extends Error {
  readonly ownerPid: number;

  constructor(dataDir: string, owner: Owner) {
    const by = owner.parentPid === null ? '' : ` (started by process ${owner.parentPid})`;
    super(
      `The data directory ${dataDir} is in use by process ${owner.pid}${by}. Stop that process, or ` +
        'start this one with another --data-dir.',
    );
    this.name = 'DirectoryLockedError';
    this.ownerPid = owner.pid;
  }
}

const LOCK_FILE = 'engine.lock';
const LOOK_AGAIN_AFTER_MS = 50;

interface Owner {
  readonly pid: number;
  readonly startedAt: string;
  /** Who started the owner and ends it with itself; null when it was started by hand. */
  readonly parentPid: number | null;
}

/**
 * Takes the lock and returns what gives it back. An owner whose parent is gone is about to end and
 * is waited for, up to `waitMs`. Throws DirectoryLockedError.
 */
export async function lockDirectory(
  dataDir: string,
  waitMs: number,
  parentPid: number | null,
): Promise<() => void> {
  const path = `${dataDir}/${LOCK_FILE}`;
  const mine = JSON.stringify({
    pid: process.pid,
    startedAt: startTimeOf(process.pid),
    parentPid,
  } satisfies Owner);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_AFTER_MS) {
      if (tryLink(draft, path)) {
        return () => release(path, mine);
      }
      const held = readOwner(path);
      if (held !== null && !isAlive(held.owner)) {
        setAside(path, held.text);
      } else if (held !== null && (waitedMs >= waitMs || !isOrphan(held.owner))) {
        throw new DirectoryLockedError(dataDir, held.owner);
      } else {
        await sleep(LOOK_AGAIN_AFTER_MS);
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') {
      return false;
    }
    throw thrown;
  }
}

function readOwner(path: string): { owner: Owner; text: string } | null {
  try {
    const text = readFileSync(path, 'utf8');
    const owner = JSON.parse(text) as Owner;
    return { owner, text };
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') {
      return null;
    }
    throw new Error(
      `The lock file ${path} cannot be read. If no other process uses it, remove it.`,
      {
        cause: thrown,
      },
    );
  }
}

/** Removes a dead owner's lock. Renaming first shows whether another process was quicker. */
function setAside(path: string, deadText: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') {
      return;
    }
    throw thrown;
  }
  if (readFileSync(aside, 'utf8') !== deadText) {
    tryLink(aside, path);
  }
  rmSync(aside, { force: true });
}

function release(path: string, mine: string): void {
  if (readOwner(path)?.text === mine) {
    rmSync(path, { force: true });
  }
}

function isAlive(owner: Owner): boolean {
  return exists(owner.pid) && startTimeOf(owner.pid) === owner.startedAt;
}

function isOrphan(owner: Owner): boolean {
  return owner.parentPid !== null && !exists(owner.parentPid);
}

/** Not being allowed to signal a process (EPERM) still means that it is there. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

/** When a process started, so that a pid used again is not taken for the owner; '' off Linux. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields are counted after the name, which may hold spaces and brackets; a zombie is dead.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
