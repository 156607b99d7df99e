/**
 * Under which ids corrections of this data directory may still be stored. Written before it claims, so that whoever
 * starts on it after a crash can say when nothing of them is left. Invariant: an id is in the file before it claims.
 */
import { z } from 'zod';

const FORMAT = 1;
const fileSchema = z.strictObject({ format: z.literal(FORMAT), writers: z.array(z.string()) });

/** Where the file is: reads undefined where there is none, writes so that a crash leaves the old one or the new one. */
export interface ClaimsDisk {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

export class ClaimsFile {
  private readonly disk: ClaimsDisk;
  private readonly own: readonly string[];
  /** Of this process, and of those before it that claimed. */
  writers: readonly string[];
  private written: readonly string[];

  private constructor(disk: ClaimsDisk, written: readonly string[], own: readonly string[]) {
    this.disk = disk;
    this.own = own;
    this.written = written;
    this.writers = [...new Set([...written, ...own])];
  }

  /**
   * `own`: the ids under which this process stores, what an earlier one left in the journal included.
   * Throws what reading throws, and an error where the file is damaged.
   */
  static async open(disk: ClaimsDisk, own: readonly string[]): Promise<ClaimsFile> {
    const text = await disk.read();
    const { writers } = text === undefined ? { writers: [] } : fileSchema.parse(JSON.parse(text));
    const file = new ClaimsFile(disk, writers, own);
    if (writers.length > 0) await file.write(file.writers);
    return file;
  }

  /** Before this process claims. */
  async note(): Promise<void> {
    if (this.written.length < this.writers.length) await this.write(this.writers);
  }

  /** All of them is stored, and this process is not the owner. */
  async clear(): Promise<void> {
    if (this.written.length > 0) await this.write([]);
    this.writers = this.own;
  }

  private async write(writers: readonly string[]): Promise<void> {
    await this.disk.write(`${JSON.stringify({ format: FORMAT, writers })}\n`);
    this.written = writers;
  }
}
