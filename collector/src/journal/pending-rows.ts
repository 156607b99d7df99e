/**
 * Rows of one day that wait for the next flush: the two blocks under construction, and the keys of their spans.
 */

import { crc32 } from 'node:zlib';
import { GrowingBytes } from '@ai-cost-profiler/clickhouse/native/growing-bytes.ts';
import type { IndexRecord } from './index-file.ts';
import { KEY_BYTES } from './index-file.ts';
import type { Seen } from './seen-spans.ts';

/** A block under construction, as far as the journal needs to know it. */
export interface RowBlock {
  readonly rows: number;
  readonly byteLength: number;
  /** The encoded block; the block is empty afterwards. */
  take(): Buffer;
  /** Empties the block, whatever state it is in. */
  reset(): void;
}

/** The blocks that the rows of a segment go to; which columns they have is not the journal's business. */
export interface SegmentBlocks {
  readonly span: RowBlock;
  readonly entry: RowBlock;
}

/** What has to be taken back in the seen-span filter when a flush fails. */
export interface AcceptedKeys {
  keys: Buffer;
  tenants: readonly string[];
  seen: readonly Seen[];
}

/** The bytes of one flush of one day. */
export interface StagedRows {
  record: Omit<IndexRecord, 'offset'>;
  spanBlock: Buffer;
  entryBlock: Buffer;
  accepted: AcceptedKeys;
  /** Why the blocks could not be encoded: nothing of this flush may be written. */
  fault: unknown;
}

const NOTHING: Buffer = Buffer.alloc(0);

export class PendingRows<Blocks extends SegmentBlocks> {
  readonly day: number;
  readonly blocks: Blocks;
  private readonly keys = new GrowingBytes(KEY_BYTES * 16);
  private tenants: string[] = [];
  private seen: Seen[] = [];
  private tenantAt = 0;

  constructor(day: number, blocks: Blocks) {
    this.day = day;
    this.blocks = blocks;
  }

  get rows(): number {
    return this.blocks.span.rows + this.blocks.entry.rows;
  }

  /** With the charges that its spans may still bring, one each: a request is priced once its spans are here. */
  get rowsAtMost(): number {
    return this.rows + this.blocks.span.rows;
  }

  get byteLength(): number {
    return this.blocks.span.byteLength + this.blocks.entry.byteLength;
  }

  /** Remembers whose row it is that comes without a key. */
  addTenant(tenant: string): void {
    // Spans of one request follow each other: the list is searched once a request, not once a span.
    if (this.tenants[this.tenantAt] !== tenant) {
      const found = this.tenants.indexOf(tenant);
      this.tenantAt = found === -1 ? this.tenants.push(tenant) - 1 : found;
    }
  }

  /** Remembers the key of an accepted span; `key` is laid out as FORMAT.md says, its tenant is set here. */
  addKey(tenant: string, key: Buffer, seen: Seen): void {
    this.addTenant(tenant);
    const at = this.keys.reserve(KEY_BYTES);
    const { bytes } = this.keys;
    for (let i = 2; i < KEY_BYTES; i++) {
      bytes[at + i] = key[i]!;
    }
    bytes.writeUInt16LE(this.tenantAt, at);
    this.seen.push(seen);
  }

  /**
   * Takes the rows out for a flush; undefined when there are none. Blocks that cannot be encoded are emptied, and
   * `fault` says why, so that the next flush does not meet them again.
   */
  stage(): StagedRows | undefined {
    if (this.rows === 0) {
      return undefined;
    }
    const { span, entry } = this.blocks;
    const spanRows = span.rows;
    const entryRows = entry.rows;
    let spanBlock = NOTHING;
    let entryBlock = NOTHING;
    let fault: unknown;
    try {
      spanBlock = spanRows > 0 ? span.take() : NOTHING;
      entryBlock = entryRows > 0 ? entry.take() : NOTHING;
    } catch (error) {
      fault = error;
      span.reset();
      entry.reset();
    }
    const accepted = this.takeKeys();
    const record = {
      day: this.day,
      spanBytes: spanBlock.length,
      entryBytes: entryBlock.length,
      spanRows,
      entryRows,
      dataCrc: crc32(entryBlock, crc32(spanBlock)),
      tenants: accepted.tenants,
      keys: accepted.keys,
    };
    return { record, spanBlock, entryBlock, accepted, fault };
  }

  private takeKeys(): AcceptedKeys & { tenants: string[] } {
    const accepted = {
      keys: Buffer.from(this.keys.view()),
      tenants: this.tenants,
      seen: this.seen,
    };
    this.keys.reset();
    this.tenants = [];
    this.seen = [];
    return accepted;
  }
}
