/**
 * The lock of a data directory: one process at a time, told apart by pid and start time, on one boot of one machine and
 * in one container. Who holds the lock of another is not to be seen there, so a lock has a pulse: its file is touched
 * every second, and one that nobody touches any more is that of a dead process.
 * Invariant: the lock file appears with its whole content at once (a hard link), and a lock left
 * by a dead process is taken over.
 */
import {
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Thrown when another living process owns the directory. */
export class DirectoryLockedError extends Error {
  readonly ownerPid: number;

  constructor(dataDir: string, owner: Owner) {
    const by = owner.parentPid === null ? '' : ` (started by process ${owner.parentPid})`;
    const where = isHere(owner) ? '' : ` of another container or machine (${owner.host})`;
    super(
      `The data directory ${dataDir} is in use by process ${owner.pid}${by}${where}. Stop that process, or ` +
        'start this one with another --data-dir.',
    );
    this.name = 'DirectoryLockedError';
    this.ownerPid = owner.pid;
  }
}

const LOCK_FILE = 'engine.lock';
const LOOK_AGAIN_AFTER_MS = 50;
const PULSE_MS = 1_000;
/** A process that is busy or short of CPU may miss some. */
const PULSES_MISSED_MAX = 5;

interface Owner {
  readonly pid: number;
  readonly startedAt: string;
  /** Who started the owner and ends it with itself; null when it was started by hand. */
  readonly parentPid: number | null;
  /** The inode of the directory: a copy of a directory has the lock too, but not this. */
  readonly inode: number;
  /** The boot of the machine and the container: only within both do pid and start time say who it is; '' off Linux. */
  readonly place: string;
  /** For people. */
  readonly host: string;
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
    inode: statSync(dataDir).ino,
    place: placeOf(),
    host: hostname(),
  } satisfies Owner);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_AFTER_MS) {
      if (tryLink(draft, path)) {
        const pulse = setInterval(() => beat(path, mine), PULSE_MS).unref();
        return () => {
          clearInterval(pulse);
          release(path, mine);
        };
      }
      const held = readOwner(path);
      if (held !== null && !(await isAlive(held.owner, path))) {
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

async function isAlive(owner: Owner, path: string): Promise<boolean> {
  if (owner.inode !== undefined && owner.inode !== statSync(dirname(path)).ino) {
    return false;
  }
  return isHere(owner)
    ? exists(owner.pid) && startTimeOf(owner.pid) === owner.startedAt
    : hasPulse(path);
}

/** Whether the owner would be seen from here. */
function isHere(owner: Owner): boolean {
  return owner.place === placeOf();
}

/** Watches the lock file; by its own changes, for clocks of two machines differ. */
async function hasPulse(path: string): Promise<boolean> {
  const before = touchedAt(path);
  for (let waitedMs = 0; waitedMs < PULSES_MISSED_MAX * PULSE_MS; waitedMs += PULSE_MS / 4) {
    await sleep(PULSE_MS / 4);
    if (touchedAt(path) !== before) {
      return true;
    }
  }
  return false;
}

function touchedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** Throws when another process has taken the lock, for this one had no pulse: two must not go on. */
function beat(path: string, mine: string): void {
  const text = textOf(path);
  if (text !== undefined && text !== mine) {
    throw new Error(`The lock ${path} was taken by another process while this one stood still.`);
  }
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The disk is read-only, or gone: then nobody else can take the lock either.
    return;
  }
}

/** Undefined when it cannot be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isOrphan(owner: Owner): boolean {
  return isHere(owner) && owner.parentPid !== null && !exists(owner.parentPid);
}

/** Pids begin again at each boot, and in each container: a pid namespace has a number of its own. */
function placeOf(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
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
