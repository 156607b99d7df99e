/**
 * The journal's port to the disk, over the fake tree. Every call takes time, may fail as a full or failing disk does,
 * and may be the last one of its process: then it is done, half done, or not done at all.
 */
import type {
  AppendFile,
  SegmentFiles,
} from '@ai-cost-profiler/collector/journal/segment-files.ts';
import { DirectoryNode, FakeTree, FileNode, failure } from './fake-tree.ts';
import type { Mortal, World } from './world.ts';

export interface DiskFaults {
  /** Of a call that changes or syncs something to fail with EIO. */
  readonly failChance: number;
  /** The disk is full from, to, in milliseconds of the world. */
  readonly fullFromMs: number;
  readonly fullToMs: number;
  /** Names become durable in their order, as a journalling file system has it; otherwise in any. */
  readonly keepsOrder: boolean;
}

/** Disks that break their promise, for the test of the test. */
export interface DiskLies {
  readonly ignoresSync?: boolean;
  readonly ignoresDirectorySync?: boolean;
}

/** What a real disk names in the error. */
const SYSCALLS: Readonly<Record<string, string>> = {
  makeDirectory: 'mkdir',
  syncDirectory: 'fsync',
  rename: 'rename',
  remove: 'rm',
  append: 'write',
  write: 'write',
  sync: 'fdatasync',
  truncate: 'ftruncate',
};

interface Operation {
  readonly name: string;
  readonly path: string;
  /** It changes or syncs something: it may fail, and what is left of it may be half. */
  readonly isChange: boolean;
  /** It takes room: a full disk refuses it. */
  readonly takesRoom?: boolean;
  readonly half?: () => void;
  /** What a failure leaves behind, where that is not `half`. */
  readonly fail?: () => void;
}

/** A call that is under way. */
interface UnderWay {
  readonly owner: Mortal;
  readonly half: (() => void) | undefined;
  readonly whole: () => unknown;
}

export class FakeDisk {
  readonly tree: FakeTree;
  /** Set to false at the end of a run: then nothing fails any more. */
  isFaulty = true;
  private readonly world: World;
  private readonly faults: DiskFaults;
  private readonly lies: DiskLies;
  private readonly underWay = new Set<UnderWay>();

  constructor(world: World, faults: DiskFaults, lies: DiskLies = {}) {
    this.world = world;
    this.faults = faults;
    this.lies = lies;
    this.tree = new FakeTree(faults.keepsOrder);
    // The data directory is there for good before the journal is opened (collector.ts).
    this.tree.makeDirectory('/data');
    this.tree.syncDirectory('/');
  }

  /** What becomes of calls whose process just died. */
  abandon(owner: Mortal): void {
    for (const call of this.underWay) {
      if (call.owner !== owner) continue;
      this.underWay.delete(call);
      finish(call, this.world.fate.pick(['before', 'half', 'after'] as const));
    }
  }

  losePower(): void {
    this.world.tell('the power fails');
    this.tree.losePower(this.world.fate);
  }

  portOf(owner: Mortal): SegmentFiles {
    const { tree, world } = this;
    const call = <T>(operation: Operation, whole: () => T) => this.call(owner, operation, whole);
    return {
      openAppend: (path, length) => this.openAppend(owner, path, length),
      makeDirectory: (path) =>
        call({ name: 'makeDirectory', path, isChange: true, takesRoom: true }, () =>
          tree.makeDirectory(path),
        ),
      syncDirectory: (path) =>
        call({ name: 'syncDirectory', path, isChange: true }, () => {
          if (this.lies.ignoresDirectorySync !== true) tree.syncDirectory(path);
        }),
      rename: (from, to) =>
        call({ name: 'rename', path: `${from} → ${to}`, isChange: true }, () =>
          tree.rename(from, to),
        ),
      remove: (path) => {
        const some = () => {
          const all = tree.removals(path);
          for (const one of all.slice(0, world.fate.below(all.length + 1))) one();
        };
        return call({ name: 'remove', path, isChange: true, half: some }, () => {
          for (const one of tree.removals(path)) one();
        });
      },
      list: (path) =>
        call({ name: 'list', path, isChange: false }, () => {
          const found = tree.find(path);
          return found instanceof DirectoryNode ? [...found.entries.keys()].sort() : [];
        }),
      read: (path) =>
        call({ name: 'read', path, isChange: false }, () => Buffer.from(this.contentOf(path))),
      readRange: (path, offset, length) =>
        call({ name: 'readRange', path, isChange: false }, () =>
          tree.find(path) instanceof FileNode
            ? Buffer.from(this.contentOf(path).subarray(offset, offset + length))
            : Buffer.alloc(0),
        ),
      stat: (path) =>
        call({ name: 'stat', path, isChange: false }, () => {
          const found = tree.find(path);
          if (found === undefined) return undefined;
          return found instanceof FileNode
            ? { bytes: found.bytes.length, modifiedMs: found.modifiedMs }
            : { bytes: 0, modifiedMs: 0 };
        }),
      write: (path, bytes) => this.writeWhole(owner, path, bytes),
    };
  }

  /** As programs read it now; throws ENOENT. */
  contentOf(path: string): Buffer {
    const found = this.tree.find(path);
    if (!(found instanceof FileNode)) {
      throw failure('ENOENT', path);
    }
    return found.bytes;
  }

  private async openAppend(owner: Mortal, path: string, length: number): Promise<AppendFile> {
    const { tree, world } = this;
    const file = await this.call(owner, { name: 'openAppend', path, isChange: false }, () => {
      const found = tree.find(path);
      if (!(found instanceof FileNode)) throw failure('ENOENT', path);
      return found;
    });
    let end = length;
    const sync = () => this.sync(file);
    const append = (bytes: Buffer) => {
      file.write(end, bytes);
      file.modifiedMs = world.nowMs;
    };
    const fail = () => file.failSync();
    return {
      append: (pieces) => {
        const bytes = Buffer.concat(pieces);
        const half = () => append(bytes.subarray(0, world.fate.below(bytes.length)));
        return this.call(
          owner,
          { name: 'append', path, isChange: true, takesRoom: true, half },
          () => {
            append(bytes);
            end += bytes.length;
          },
        );
      },
      sync: () => this.call(owner, { name: 'sync', path, isChange: true, fail }, sync),
      truncate: (to) => {
        const half = () => file.cut(to);
        return this.call(owner, { name: 'truncate', path, isChange: true, half }, () => {
          file.cut(to);
          end = to;
          sync();
        });
      },
      close: () => this.call(owner, { name: 'close', path, isChange: false }, () => undefined),
    };
  }

  private writeWhole(owner: Mortal, path: string, bytes: Buffer): Promise<void> {
    const { tree, world } = this;
    const put = (content: Buffer) => {
      const file = tree.file(path, world.nowMs);
      file.cut(0);
      file.write(0, content);
      file.modifiedMs = world.nowMs;
      return file;
    };
    const half = () => {
      put(bytes.subarray(0, world.fate.below(bytes.length)));
    };
    const operation = { name: 'write', path, isChange: true, takesRoom: true, half };
    return this.call(owner, operation, () => this.sync(put(bytes)));
  }

  private sync(file: FileNode): void {
    if (this.lies.ignoresSync !== true) {
      file.sync();
    }
  }

  private call<T>(owner: Mortal, operation: Operation, whole: () => T): Promise<T> {
    const { world, underWay } = this;
    if (owner.isDead) {
      return new Promise(() => undefined);
    }
    const { name, path, isChange, half } = operation;
    const call: UnderWay = { owner, half, whole };
    const progress = world.point(owner, `${name} ${path}`);
    if (progress !== undefined) {
      finish(call, progress);
      return new Promise(() => undefined);
    }
    const error = isChange ? this.faultOf(operation) : undefined;
    if (isChange && error === undefined) {
      underWay.add(call);
    }
    return new Promise((resolve, reject) => {
      world.later(
        world.random.next() * (isChange ? 2 : 0.1),
        () => {
          underWay.delete(call);
          if (error !== undefined) {
            world.tell(`${name} ${path} fails: ${error.message}`);
            (operation.fail ?? half)?.();
            reject(error);
            return;
          }
          try {
            resolve(whole());
          } catch (thrown) {
            reject(thrown);
          }
        },
        owner,
      );
    });
  }

  private faultOf({ name, path, takesRoom }: Operation): Error | undefined {
    const { world, faults } = this;
    if (!this.isFaulty) {
      return undefined;
    }
    if (takesRoom === true && world.nowMs >= faults.fullFromMs && world.nowMs < faults.fullToMs) {
      return failure('ENOSPC', path, SYSCALLS[name]);
    }
    return world.random.chance(faults.failChance)
      ? failure('EIO', path, SYSCALLS[name])
      : undefined;
  }
}

function finish({ half, whole }: UnderWay, progress: 'before' | 'half' | 'after'): void {
  try {
    if (progress === 'after') {
      whole();
    } else if (progress === 'half') {
      half?.();
    }
  } catch (error) {
    // Nobody is there to be told that a call failed.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
