/**
 * A journal for tests: plain blocks of text lines, a clock that stands still, and a disk that fails or dies at a chosen
 * call. Invariant: a disk that died does nothing more, as a killed process does.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timers } from '../timers.ts';
import { KEY_BYTES } from './index-file.ts';
import { Journal } from './journal.ts';
import type { JournalEvent, JournalLimits } from './journal-options.ts';
import type { RowBlock } from './pending-rows.ts';
import type { Seen } from './seen-spans.ts';
import { SeenSpans } from './seen-spans.ts';
import type { AppendFile, SegmentFiles } from './segment-files.ts';
import { diskFiles } from './segment-files.ts';

/** One line of text a row. */
class LineBlock implements RowBlock {
  private lines: string[] = [];

  get rows(): number {
    return this.lines.length;
  }

  get byteLength(): number {
    return this.lines.reduce((sum, line) => sum + line.length + 1, 0);
  }

  append(line: string): void {
    this.lines.push(line);
  }

  take(): Buffer {
    if (this.lines.includes('unencodable')) {
      throw new Error('a column was left out');
    }
    const bytes = Buffer.from(this.lines.map((line) => `${line}\n`).join(''));
    this.lines = [];
    return bytes;
  }

  reset(): void {
    this.lines = [];
  }
}

export interface LineBlocks {
  span: LineBlock;
  entry: LineBlock;
}

const LIMITS: JournalLimits = {
  segmentRowsMax: 1000,
  segmentBytesMax: 1_000_000,
  openDaysMax: 2,
  sealAfterMs: 1000,
  journalBytesMax: 1_000_000,
};

/** 2026-08-20, in days since 1970. */
export const DAY = 20_685;

/** What a disk is told to do: the n-th call that changes something fails once, or ends the process. */
export class ShakyDisk implements SegmentFiles {
  /** Calls that change or sync something, by name. */
  readonly calls: string[] = [];
  /** While set, calls of this name throw. */
  fails = '';
  readonly died: Promise<void>;
  private readonly die: () => void;
  private isDead = false;
  private readonly open: AppendFile[] = [];
  /** Gives an error to throw, 'die', or undefined for a call that works. */
  private readonly fate: (call: string, n: number) => Error | 'die' | undefined;
  readonly stat = diskFiles.stat;
  readonly list = diskFiles.list;

  constructor(fate: (call: string, n: number) => Error | 'die' | undefined = () => undefined) {
    this.fate = fate;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.die = resolve;
  }

  /** Ends everything, and closes the files as the kernel does for a dead process. */
  kill(): void {
    this.isDead = true;
    this.die();
    for (const file of this.open.splice(0)) {
      file.close().catch(() => undefined);
    }
  }

  read(path: string): Promise<Buffer> {
    return this.isDead ? new Promise(() => undefined) : diskFiles.read(path);
  }

  readRange(path: string, offset: number, length: number): Promise<Buffer> {
    return this.isDead ? new Promise(() => undefined) : diskFiles.readRange(path, offset, length);
  }

  makeDirectory(path: string): Promise<void> {
    return this.run('makeDirectory', () => diskFiles.makeDirectory(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.run('syncDirectory', () => diskFiles.syncDirectory(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('rename', () => diskFiles.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.run('remove', () => diskFiles.remove(path));
  }

  write(path: string, bytes: Buffer): Promise<void> {
    const half = () => diskFiles.write(path, bytes.subarray(0, bytes.length / 2));
    return this.run('write', () => diskFiles.write(path, bytes), half);
  }

  async openAppend(path: string, length: number): Promise<AppendFile> {
    const file = await this.run('openAppend', () => diskFiles.openAppend(path, length));
    this.open.push(file);
    return {
      append: (pieces) => {
        const bytes = Buffer.concat(pieces);
        const half = () => file.append([bytes.subarray(0, bytes.length / 2)]);
        return this.run('append', () => file.append(pieces), half);
      },
      sync: () => this.run('sync', () => file.sync()),
      truncate: (to) => this.run('truncate', () => file.truncate(to)),
      close: () => {
        this.open.splice(this.open.indexOf(file), 1);
        return file.close();
      },
    };
  }

  /** `half` is what is left behind by a call that fails in the middle. */
  private async run<T>(
    call: string,
    work: () => Promise<T>,
    half: () => Promise<unknown> = async () => undefined,
  ): Promise<T> {
    if (this.isDead) {
      return new Promise(() => undefined);
    }
    this.calls.push(call);
    const isToFail = this.fails === call;
    const fate = isToFail ? new Error('told to fail') : this.fate(call, this.calls.length);
    if (fate === undefined) {
      return work();
    }
    if (fate === 'die') {
      this.isDead = true;
    }
    await half();
    if (fate === 'die') {
      this.die();
      return new Promise(() => undefined);
    }
    throw fate;
  }
}

/** One life of the collector over a directory. */
export class Life {
  readonly directory: string;
  readonly disk: ShakyDisk;
  readonly seen: SeenSpans;
  readonly events: JournalEvent[];
  readonly journal: Journal<LineBlocks>;
  readonly clock: { nowMs: number };

  private constructor(life: Omit<Life, 'append' | 'send' | 'kill' | 'advance' | 'kinds'>) {
    this.directory = life.directory;
    this.disk = life.disk;
    this.seen = life.seen;
    this.events = life.events;
    this.journal = life.journal;
    this.clock = life.clock;
  }

  static async begin(
    options: {
      directory?: string;
      disk?: ShakyDisk;
      limits?: Partial<JournalLimits>;
      seenCapacity?: number;
      timers?: Timers;
    } = {},
  ): Promise<Life> {
    const directory = options.directory ?? (await temporaryDirectory());
    const disk = options.disk ?? new ShakyDisk();
    const seen = new SeenSpans(options.seenCapacity ?? 10_000);
    const events: JournalEvent[] = [];
    const clock = { nowMs: 1_000_000 };
    const journal = await Journal.open<LineBlocks>({
      directory,
      files: disk,
      limits: { ...LIMITS, ...options.limits },
      seen,
      createBlocks: () => ({ span: new LineBlock(), entry: new LineBlock() }),
      nowMs: () => clock.nowMs,
      ...(options.timers === undefined ? {} : { timers: options.timers }),
      randomId: nextId,
      onEvent: (event) => events.push(event),
    });
    return new Life({ directory, disk, seen, events, journal, clock });
  }

  /** What accept-traces does with one span; a new one has an entry too. */
  append(span: number, { day = DAY, version = 0, tenant = 'acme' } = {}): Seen {
    const key = spanKey(span, version);
    const seen = this.seen.check(this.seen.tenantNumber(tenant), key, 0);
    if (seen !== 'same') {
      const pending = this.journal.rowsFor(day);
      pending.blocks.span.append(`span ${span} v${version} of ${tenant} on ${day}`);
      if (seen === 'new') {
        pending.blocks.entry.append(`entry ${span} of ${tenant} on ${day}`);
      }
      pending.addKey(tenant, key, seen);
    }
    return seen;
  }

  send(...spans: number[]): Promise<void> {
    for (const span of spans) {
      this.append(span);
    }
    return this.journal.commit();
  }

  /** Ends the life as SIGKILL does. */
  kill(): void {
    this.disk.kill();
  }

  advance(ms: number): void {
    this.clock.nowMs += ms;
  }

  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }
}

function spanKey(span: number, version = 0): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  key.writeUInt32LE(1, 2);
  key.writeUInt32LE(span + 1, 18);
  key.writeUInt32LE(version, 26);
  return key;
}

export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'aicost-journal-'));
}

let ids = 0;
function nextId(): string {
  ids++;
  // The first 16 digits are the writer id, so that is where they differ.
  return ids.toString(16).padStart(16, '0').padEnd(32, 'a');
}

/** Every row of the sealed segments that wait, sorted. */
export async function sealedRows(directory: string): Promise<string[]> {
  const rows: string[] = [];
  for (const name of await diskFiles.list(join(directory, 'sealed'))) {
    const text = await readFile(join(directory, 'sealed', name, 'rows.native'), 'utf8');
    rows.push(...text.split('\n').filter((line) => line !== ''));
  }
  return rows.sort();
}

/** What is recovered from a directory by a next life, sorted. */
export async function recoveredRows(directory: string): Promise<string[]> {
  const life = await Life.begin({ directory });
  await life.journal.close();
  return sealedRows(directory);
}

/** The rows of these spans, as `sealedRows` lists them. */
export function rowsOf(spans: readonly number[], day = DAY): string[] {
  return spans
    .flatMap((span) => [`span ${span} v0 of acme on ${day}`, `entry ${span} of acme on ${day}`])
    .sort();
}
