/**
 * Where new segments go: a folder of open/ with its two empty files, all of whose names are on the disk for good, so
 * that a flush waits for nothing but its own bytes. One is made in advance, beside the flushes; what nobody took is
 * removed at the end, or by the next start, for which a folder without a record was never acknowledged.
 * Invariant: what `take` gave is in nobody else's hands, and its names survive a power loss.
 */
import { join } from 'node:path';
import { allDone } from './all-done.ts';
import type { AppendFile, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';

export interface SegmentPlace {
  /** 32 hexadecimal digits, the name of the folder. */
  readonly id: string;
  readonly directory: string;
  readonly rowsFile: AppendFile;
  readonly indexFile: AppendFile;
}

const NOTHING: Buffer = Buffer.alloc(0);

export class SegmentPlaces {
  private readonly files: SegmentFiles;
  private readonly openPath: string;
  private readonly randomId: () => string;
  /** Gives the id of the folder made in advance; undefined where none could be made. */
  private prepared: Promise<string | undefined> | undefined;

  constructor(options: { files: SegmentFiles; openPath: string; randomId: () => string }) {
    this.files = options.files;
    this.openPath = options.openPath;
    this.randomId = options.randomId;
  }

  /** Makes a folder in advance, unless one is there. A disk that does not let us is found out by the next flush. */
  prepare(): void {
    this.prepared ??= this.make().catch(() => undefined);
  }

  /** A place for the rows of one segment. Rejects when the disk does not let us; nothing is taken then. */
  async take(): Promise<SegmentPlace> {
    const { prepared } = this;
    this.prepared = undefined;
    const id = await prepared;
    const place = id === undefined ? undefined : await this.openPrepared(id);
    return place ?? this.open(await this.make());
  }

  /** Removes what nobody took. */
  async close(): Promise<void> {
    const { prepared } = this;
    this.prepared = undefined;
    const id = await prepared;
    if (id !== undefined) {
      await this.discard(id);
    }
  }

  private pathOf(id: string): string {
    return join(this.openPath, id);
  }

  private async make(): Promise<string> {
    const { files, openPath } = this;
    const id = this.randomId();
    const directory = this.pathOf(id);
    try {
      await files.makeDirectory(directory);
      await allDone([
        files.write(join(directory, ROWS_FILE), NOTHING),
        files.write(join(directory, INDEX_FILE), NOTHING),
      ]);
      await allDone([files.syncDirectory(directory), files.syncDirectory(openPath)]);
    } catch (error) {
      // A sync that failed is not believed when it is called again: the next one is another folder.
      await this.discard(id);
      throw error;
    }
    return id;
  }

  private async open(id: string): Promise<SegmentPlace> {
    const { files } = this;
    const directory = this.pathOf(id);
    const [rows, index] = await Promise.allSettled([
      files.openAppend(join(directory, ROWS_FILE), 0),
      files.openAppend(join(directory, INDEX_FILE), 0),
    ]);
    if (rows.status === 'fulfilled' && index.status === 'fulfilled') {
      return { id, directory, rowsFile: rows.value, indexFile: index.value };
    }
    const opened = [rows, index].flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.allSettled(opened.map((file) => file.close()));
    await this.discard(id);
    throw [rows, index].find((one) => one.status === 'rejected')!.reason;
  }

  /** Undefined where it is gone since (a cleaner of old files, another disk mounted there): then one is made anew. */
  private openPrepared(id: string): Promise<SegmentPlace | undefined> {
    return this.open(id).catch(() => undefined);
  }

  /** What stays is in nobody's way, and goes at the next start. */
  private async discard(id: string): Promise<void> {
    await this.files.remove(this.pathOf(id)).catch(() => undefined);
  }
}
