/**
 * A file system as a power loss sees it. What programs read is the present; what survives is what was synced, and of
 * the rest whatever the disk happened to write: bytes by sector, in any order, and names by directory. A rename is
 * whole or not at all. Invariant: what `sync` was told stays.
 */
import type { Random } from '../kill/random.ts';

const SECTOR = 512;

interface Write {
  /** A cut when `bytes` is undefined. */
  readonly bytes: Buffer | undefined;
  readonly at: number;
}

export class FileNode {
  /** As programs read it. */
  bytes: Buffer = Buffer.alloc(0);
  modifiedMs: number;
  private durable: Buffer = Buffer.alloc(0);
  private pending: Write[] = [];
  /** Pages whose sync failed: programs still read them, no later sync writes them. */
  private doomed: Write[] = [];

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }

  write(at: number, bytes: Buffer): void {
    this.bytes = patched(this.bytes, { at, bytes });
    this.pending.push({ at, bytes });
  }

  cut(length: number): void {
    this.bytes = patched(this.bytes, { at: length, bytes: undefined });
    this.pending.push({ at: length, bytes: undefined });
    this.doomed = this.doomed.filter(({ at }) => at < length);
  }

  sync(): void {
    for (const write of this.pending) {
      this.durable = patched(this.durable, write);
    }
    this.pending = [];
  }

  failSync(): void {
    this.doomed.push(...this.pending.filter(({ bytes }) => bytes !== undefined));
    for (const write of this.pending) {
      if (write.bytes === undefined) {
        this.durable = patched(this.durable, write);
      }
    }
    this.pending = [];
  }

  /** What is left after a power loss. */
  losePower(random: Random): void {
    const unsynced = [...this.doomed, ...this.pending];
    const way = random.below(4);
    let kept = this.durable;
    if (way === 1) {
      kept = this.bytes;
    } else if (way === 2) {
      const whole = random.below(unsynced.length + 1);
      for (const write of unsynced.slice(0, whole)) kept = patched(kept, write);
      const torn = unsynced[whole];
      if (torn?.bytes !== undefined) {
        kept = patched(kept, {
          ...torn,
          bytes: torn.bytes.subarray(0, random.below(torn.bytes.length)),
        });
      }
    } else if (way === 3) {
      for (const write of unsynced) {
        for (const part of sectorsOf(write)) {
          if (random.chance(0.5)) kept = patched(kept, part);
        }
      }
    }
    this.bytes = this.durable = Buffer.from(kept);
    this.pending = [];
    this.doomed = [];
  }
}

/** Content with a write in it; a hole in between is zeros. */
function patched(before: Buffer, { at, bytes }: Write): Buffer {
  if (bytes === undefined) {
    return before.length <= at ? before : before.subarray(0, at);
  }
  const after = Buffer.alloc(Math.max(before.length, at + bytes.length));
  before.copy(after);
  bytes.copy(after, at);
  return after;
}

function sectorsOf(write: Write): Write[] {
  if (write.bytes === undefined) {
    return [write];
  }
  const parts: Write[] = [];
  for (let from = 0; from < write.bytes.length; ) {
    const at = write.at + from;
    const to = Math.min(write.bytes.length, from + SECTOR - (at % SECTOR));
    parts.push({ at, bytes: write.bytes.subarray(from, to) });
    from = to;
  }
  return parts;
}

type Node = FileNode | DirectoryNode;
type Entries = Map<string, Node>;

/** A change of names: each is there afterwards as a whole or not at all. */
interface NameChange {
  readonly effects: readonly { directory: DirectoryNode; name: string; node: Node | undefined }[];
}

export class DirectoryNode {
  /** As programs see it. */
  readonly entries: Entries = new Map();
  readonly durable: Entries = new Map();
}

export class FakeTree {
  private root = new DirectoryNode();
  private changes: NameChange[] = [];
  /** Journalling file systems keep changes of names in their order; the worst one keeps any of them. */
  private readonly keepsOrder: boolean;

  constructor(keepsOrder: boolean) {
    this.keepsOrder = keepsOrder;
  }

  find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of namesOf(path)) {
      node = node instanceof DirectoryNode ? node.entries.get(name) : undefined;
    }
    return node;
  }

  makeDirectory(path: string): void {
    let at = this.root;
    for (const name of namesOf(path)) {
      let next = at.entries.get(name);
      if (next === undefined) {
        next = new DirectoryNode();
        this.change([{ directory: at, name, node: next }]);
      }
      if (!(next instanceof DirectoryNode)) {
        throw failure('EEXIST', path);
      }
      at = next;
    }
  }

  /** The file at a path, made when it is absent. */
  file(path: string, nowMs: number): FileNode {
    const { directory, name } = this.place(path);
    const found = directory.entries.get(name);
    if (found instanceof FileNode) {
      return found;
    }
    const made = new FileNode(nowMs);
    this.change([{ directory, name, node: made }]);
    return made;
  }

  rename(from: string, to: string): void {
    const source = this.place(from);
    const target = this.place(to);
    const node = source.directory.entries.get(source.name);
    const there = target.directory.entries.get(target.name);
    if (node === undefined) {
      throw failure('ENOENT', from);
    }
    if (there instanceof DirectoryNode && there.entries.size > 0) {
      throw failure('ENOTEMPTY', to);
    }
    this.change([
      { ...source, node: undefined },
      { ...target, node },
    ]);
  }

  /** Names to remove for `path` to be gone, in the order in which a recursive removal goes. */
  removals(path: string): (() => void)[] {
    const names = namesOf(path);
    const name = names.pop();
    const directory = this.find(names.join('/'));
    const node = name === undefined ? undefined : this.find(path);
    if (!(directory instanceof DirectoryNode) || name === undefined || node === undefined) {
      return [];
    }
    const inner =
      node instanceof DirectoryNode
        ? [...node.entries.keys()].flatMap((child) => this.removals(`${path}/${child}`))
        : [];
    return [...inner, () => this.change([{ directory, name, node: undefined }])];
  }

  syncDirectory(path: string): void {
    const directory = this.find(path);
    if (!(directory instanceof DirectoryNode)) {
      throw failure('ENOENT', path);
    }
    const touches = ({ effects }: NameChange) =>
      effects.some((effect) => effect.directory === directory);
    const last = this.changes.findLastIndex(touches);
    this.keep((change, at) => (this.keepsOrder ? at <= last : touches(change)));
  }

  /** What is left after a power loss. */
  losePower(random: Random): void {
    const kept = random.below(this.changes.length + 1);
    const way = this.keepsOrder ? 0 : random.below(3);
    this.keep((_, at) => (way === 0 ? at < kept : way === 1 ? false : random.chance(0.5)));
    this.changes = [];
    const files = new Set<FileNode>();
    restore(this.root, files);
    for (const file of files) file.losePower(random);
  }

  /** Makes these changes durable, each with what it stands on: earlier changes of the same names. */
  private keep(isKept: (change: NameChange, at: number) => boolean): void {
    const { changes } = this;
    const kept = changes.map(isKept);
    for (let at = changes.length - 1; at >= 0; at--) {
      if (kept[at]) {
        for (let before = 0; before < at; before++) {
          kept[before] ||= isRelated(changes[before]!, changes[at]!);
        }
      }
    }
    for (const [at, { effects }] of changes.entries()) {
      if (kept[at]) {
        for (const { directory, name, node } of effects) set(directory.durable, name, node);
      }
    }
    this.changes = changes.filter((_, at) => !kept[at]);
  }

  private change(effects: NameChange['effects']): void {
    for (const { directory, name, node } of effects) set(directory.entries, name, node);
    this.changes.push({ effects });
  }

  private place(path: string): { directory: DirectoryNode; name: string } {
    const names = namesOf(path);
    const name = names.pop();
    const directory = this.find(names.join('/'));
    if (name === undefined || !(directory instanceof DirectoryNode)) {
      throw failure('ENOENT', path);
    }
    return { directory, name };
  }
}

function isRelated(a: NameChange, b: NameChange): boolean {
  return a.effects.some((one) =>
    b.effects.some((other) => other.directory === one.directory && other.name === one.name),
  );
}

function set(entries: Entries, name: string, node: Node | undefined): void {
  if (node === undefined) {
    entries.delete(name);
  } else {
    entries.set(name, node);
  }
}

function restore(directory: DirectoryNode, files: Set<FileNode>): void {
  directory.entries.clear();
  for (const [name, node] of directory.durable) {
    directory.entries.set(name, node);
    if (node instanceof FileNode) {
      files.add(node);
    } else {
      restore(node, files);
    }
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/** An error as Node's file system gives it. */
export function failure(code: string, path: string, syscall = 'open'): Error {
  return Object.assign(new Error(`${code}: ${syscall} ${path}`), { code, syscall });
}
