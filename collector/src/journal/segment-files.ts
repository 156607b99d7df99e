/**
 * The only place where the journal touches the disk, as a port, so that tests can make a disk full or failing.
 * Invariant: a promise that resolves means what its name says is done; `sync` means on the disk.
 */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../disk-error.ts';

/** An append-only file. */
export interface AppendFile {
  /** Appends all the bytes, one piece behind the other, or rejects. They must not change until then. */
  append(pieces: readonly Buffer[]): Promise<void>;
  /** fdatasync. */
  sync(): Promise<void>;
  /** Cuts the file to `length` bytes; later appends follow there. */
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export interface SegmentFiles {
  /** Opens a file for appending at `length` bytes, which it must have. */
  openAppend(path: string, length: number): Promise<AppendFile>;
  makeDirectory(path: string): Promise<void>;
  /** Syncs a directory, so that names made or moved in it survive a power loss. */
  syncDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a folder with all it holds; an absent one is no error. */
  remove(path: string): Promise<void>;
  /** Names in a directory, sorted; an absent one is empty. */
  list(path: string): Promise<string[]>;
  read(path: string): Promise<Buffer>;
  /** Bytes from `offset`; fewer than `length` when the file ends, none when it is absent. */
  readRange(path: string, offset: number, length: number): Promise<Buffer>;
  /** Size and time of the last change; undefined when absent. */
  stat(path: string): Promise<{ bytes: number; modifiedMs: number } | undefined>;
  write(path: string, bytes: Buffer): Promise<void>;
  /** Of the filesystem that holds the path; where it is not told, room is not watched. */
  space?(path: string): Promise<{ freeBytes: number; totalBytes: number }>;
}

class DiskFile implements AppendFile {
  private readonly handle: FileHandle;
  private length: number;

  constructor(handle: FileHandle, length: number) {
    this.handle = handle;
    this.length = length;
  }

  async append(pieces: readonly Buffer[]): Promise<void> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    let written = 0;
    while (written < length) {
      const { bytesWritten } = await this.handle.writev(
        behind(pieces, written),
        this.length + written,
      );
      written += bytesWritten;
    }
    this.length += length;
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  async truncate(length: number): Promise<void> {
    await this.handle.truncate(length);
    this.length = length;
    await this.handle.datasync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** What follows the first `bytes` of the pieces. */
function behind(pieces: readonly Buffer[], bytes: number): readonly Buffer[] {
  if (bytes === 0) return pieces;
  let skipped = bytes;
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(skipped);
    skipped = Math.max(0, skipped - piece.length);
    return rest.length === 0 ? [] : [rest];
  });
}

export const diskFiles: SegmentFiles = {
  async openAppend(path, length) {
    return new DiskFile(await open(path, 'r+'), length);
  },
  async makeDirectory(path) {
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      // A recursive one alone would say of a read-only disk that there is no such directory.
      if (!isAbsent(error) && codeOf(error) !== 'EEXIST') {
        throw error;
      }
      await mkdir(path, { recursive: true, mode: 0o700 });
    }
  },
  async syncDirectory(path) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  async remove(path) {
    await rm(path, { recursive: true, force: true });
  },
  async list(path) {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (isAbsent(error)) {
        return [];
      }
      throw error;
    }
  },
  read: (path) => readFile(path),
  async readRange(path, offset, length) {
    const file = await diskFiles.stat(path);
    // What a damaged index asks for must not decide how much memory is taken.
    const size = Math.min(length, (file?.bytes ?? 0) - offset);
    if (size <= 0) {
      return Buffer.alloc(0);
    }
    const handle = await open(path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(size);
      const { bytesRead } = await handle.read(bytes, 0, size, offset);
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  },
  async stat(path) {
    try {
      const found = await stat(path);
      return { bytes: found.size, modifiedMs: found.mtimeMs };
    } catch (error) {
      if (isAbsent(error)) {
        return undefined;
      }
      throw error;
    }
  },
  async write(path, bytes) {
    const handle = await open(path, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async space(path) {
    const { bavail, blocks, bsize } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

function isAbsent(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** Where everything of a journal lies. */
export interface JournalPaths {
  open: string;
  split: string;
  sealed: string;
  poison: string;
  damaged: string;
  done: string;
  reentered: string;
}

export function journalPaths(directory: string): JournalPaths {
  return {
    open: join(directory, 'open'),
    split: join(directory, 'split'),
    sealed: join(directory, 'sealed'),
    poison: join(directory, 'poison'),
    damaged: join(directory, 'damaged'),
    done: join(directory, 'done'),
    reentered: join(directory, 'reentered'),
  };
}

/** The path, or the first of `path.2`, `path.3`, … that nothing has. */
export async function freePath(files: SegmentFiles, path: string): Promise<string> {
  let free = path;
  for (let n = 2; (await files.stat(free)) !== undefined; n++) {
    free = `${path}.${n}`;
  }
  return free;
}

export const ROWS_FILE = 'rows.native';
export const INDEX_FILE = 'index';
