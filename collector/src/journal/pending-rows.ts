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
}

const NOTHING = Buffer.alloc(0);

export class PendingRows<Blocks extends SegmentBlocks> {
  readonly day: number;
  readonly blocks: Blocks;
  private readonly keys = new GrowingBytes(KEY_BYTES * 16);
  private tenants: string[] = [];
  private seen: Seen[] = [];

  constructor(day: number, blocks: Blocks) {
    this.day = day;
    this.blocks = blocks;
  }

  get rows(): number {
    return this.blocks.span.rows + this.blocks.entry.rows;
  }

  get byteLength(): number {
    return this.blocks.span.byteLength + this.blocks.entry.byteLength;
  }

  /** Remembers the key of an accepted span; `key` is laid out as FORMAT.md says, its tenant is set here. */
  addKey(tenant: string, key: Buffer, seen: Seen): void {
    let position = this.tenants.lastIndexOf(tenant);
    if (position === -1) {
      position = this.tenants.push(tenant) - 1;
    }
    const at = this.keys.reserve(KEY_BYTES);
    key.copy(this.keys.bytes, at, 0, KEY_BYTES);
    this.keys.bytes.writeUInt16LE(position, at);
    this.seen.push(seen);
  }

  /** Takes the rows out for a flush; undefined when there are none. */
  stage(): StagedRows | undefined {
    if (this.rows === 0) {
      return undefined;
    }
    const { span, entry } = this.blocks;
    const spanRows = span.rows;
    const entryRows = entry.rows;
    const spanBlock = spanRows > 0 ? span.take() : NOTHING;
    const entryBlock = entryRows > 0 ? entry.take() : NOTHING;
    const accepted = {
      keys: Buffer.from(this.keys.view()),
      tenants: this.tenants,
      seen: this.seen,
    };
    this.keys.reset();
    this.tenants = [];
    this.seen = [];
    return {
      record: {
        day: this.day,
        spanBytes: spanBlock.length,
        entryBytes: entryBlock.length,
        spanRows,
        entryRows,
        dataCrc: crc32(entryBlock, crc32(spanBlock)),
        tenants: accepted.tenants,
        keys: accepted.keys,
      },
      spanBlock,
      entryBlock,
      accepted,
    };
  }
}
