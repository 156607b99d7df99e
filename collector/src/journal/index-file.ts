/**
 * The bytes of a segment's `index` file (FORMAT.md): header, records, seen-span keys.
 * Pure: no file is touched here, so every rule of the format is tested on plain buffers.
 */
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from('AICOSTJ1', 'latin1');
const VERSION = 1;
/** The day of a segment that holds several days. */
export const MIXED_DAY = 0x7fffffff;
export const HEADER_BYTES = 36;
/** Bytes of one seen-span key in a record. */
export const KEY_BYTES = 34;
const RECORD_FIXED_BYTES = 36;
/** A record larger than this is damage, not data: it bounds what a flipped length can allocate. */
const RECORD_BYTES_MAX = 256 * 1024 * 1024;

export interface IndexHeader {
  /** Days since 1970-01-01 (UTC), or MIXED_DAY. */
  day: number;
  /** 32 hexadecimal digits. */
  segmentId: string;
}

/** One flush of one day into a segment. */
export interface IndexRecord {
  day: number;
  /** Where the pair of blocks starts in rows.native. */
  offset: number;
  spanBytes: number;
  entryBytes: number;
  spanRows: number;
  entryRows: number;
  dataCrc: number;
  /** Whose rows they are; the keys point at them by position. */
  tenants: readonly string[];
  /** KEY_BYTES bytes a key. */
  keys: Buffer;
}

export function encodeHeader(header: IndexHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeInt32LE(header.day, 12);
  bytes.write(header.segmentId, 16, 'hex');
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
  return bytes;
}

/** Reads a header; undefined when it is cut off or does not hold. */
export function decodeHeader(bytes: Buffer): IndexHeader | undefined {
  const isWhole =
    bytes.length >= HEADER_BYTES &&
    bytes.subarray(0, 8).equals(MAGIC) &&
    bytes.readUInt32LE(8) === VERSION &&
    bytes.readUInt32LE(32) === crc32(bytes.subarray(0, 32));
  return isWhole
    ? { day: bytes.readInt32LE(12), segmentId: bytes.toString('hex', 16, 32) }
    : undefined;
}

export function encodeRecord(record: IndexRecord): Buffer {
  const tenants = record.tenants.map((tenant) => Buffer.from(tenant, 'utf8'));
  const tenantBytes = tenants.reduce((sum, tenant) => sum + 2 + tenant.length, 0);
  const bytes = Buffer.allocUnsafe(8 + RECORD_FIXED_BYTES + tenantBytes + 4 + record.keys.length);
  bytes.writeUInt32LE(bytes.length - 8, 0);
  bytes.writeInt32LE(record.day, 8);
  bytes.writeBigUInt64LE(BigInt(record.offset), 12);
  bytes.writeUInt32LE(record.spanBytes, 20);
  bytes.writeUInt32LE(record.entryBytes, 24);
  bytes.writeUInt32LE(record.spanRows, 28);
  bytes.writeUInt32LE(record.entryRows, 32);
  bytes.writeUInt32LE(record.dataCrc, 36);
  bytes.writeUInt32LE(tenants.length, 40);
  let at = 8 + RECORD_FIXED_BYTES;
  for (const tenant of tenants) {
    bytes.writeUInt16LE(tenant.length, at);
    tenant.copy(bytes, at + 2);
    at += 2 + tenant.length;
  }
  bytes.writeUInt32LE(record.keys.length / KEY_BYTES, at);
  record.keys.copy(bytes, at + 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

/**
 * Reads the record that starts at `at`. Returns it with where the next one starts, or undefined when it is
 * cut off or its CRC does not hold.
 */
function decodeRecord(
  bytes: Buffer,
  at: number,
): { record: IndexRecord; next: number } | undefined {
  if (at + 8 > bytes.length) {
    return undefined;
  }
  const size = bytes.readUInt32LE(at);
  const next = at + 8 + size;
  if (size < RECORD_FIXED_BYTES + 4 || size > RECORD_BYTES_MAX || next > bytes.length) {
    return undefined;
  }
  const rest = bytes.subarray(at + 8, next);
  if (crc32(rest) !== bytes.readUInt32LE(at + 4)) {
    return undefined;
  }
  const found = readTenants(rest);
  if (found === undefined) {
    return undefined;
  }
  const record: IndexRecord = {
    day: rest.readInt32LE(0),
    offset: Number(rest.readBigUInt64LE(4)),
    spanBytes: rest.readUInt32LE(12),
    entryBytes: rest.readUInt32LE(16),
    spanRows: rest.readUInt32LE(20),
    entryRows: rest.readUInt32LE(24),
    dataCrc: rest.readUInt32LE(28),
    tenants: found.tenants,
    keys: rest.subarray(found.keysAt),
  };
  return { record, next };
}

/** The tenants of a record, and where its keys start; undefined when its counts do not fit its length. */
function readTenants(rest: Buffer): { tenants: string[]; keysAt: number } | undefined {
  const tenants: string[] = [];
  let at = RECORD_FIXED_BYTES;
  for (let i = rest.readUInt32LE(32); i > 0; i--) {
    if (at + 2 > rest.length) {
      return undefined;
    }
    const end = at + 2 + rest.readUInt16LE(at);
    tenants.push(rest.toString('utf8', at + 2, end));
    at = end;
  }
  const keysAt = at + 4;
  const isWhole =
    keysAt <= rest.length && rest.readUInt32LE(at) * KEY_BYTES === rest.length - keysAt;
  return isWhole ? { tenants, keysAt } : undefined;
}

/** The records of an index, up to the first that does not hold, and those that hold behind it. */
export interface IndexRecords {
  records: IndexRecord[];
  /** Bytes of the index that hold; behind them is a torn tail, if anything. */
  validBytes: number;
  /**
   * Records that hold behind one that does not. A torn tail has none, for a flush is the last thing that happened:
   * where there are some, the disk is damaged.
   */
  behindDamage: IndexRecord[];
}

/** What the whole of an index says. */
export interface IndexContents extends IndexRecords {
  header: IndexHeader;
}

/** Reads header and records; undefined when not even the header holds. */
export function decodeIndex(bytes: Buffer): IndexContents | undefined {
  const header = decodeHeader(bytes);
  return header === undefined ? undefined : { header, ...decodeRecords(bytes) };
}

/** Reads the records behind the header, whatever that says. */
export function decodeRecords(bytes: Buffer): IndexRecords {
  const records: IndexRecord[] = [];
  let at = HEADER_BYTES;
  for (let found = decodeRecord(bytes, at); found !== undefined; found = decodeRecord(bytes, at)) {
    records.push(found.record);
    at = found.next;
  }
  return {
    records,
    validBytes: Math.min(at, bytes.length),
    behindDamage: recordsBehind(bytes, at),
  };
}

/** Records behind the broken one at `from`. Its length may be what is broken, so that every place is tried. */
function recordsBehind(bytes: Buffer, from: number): IndexRecord[] {
  const records: IndexRecord[] = [];
  for (let at = from; at + 8 < bytes.length; ) {
    const found = decodeRecord(bytes, at);
    if (found !== undefined) {
      records.push(found.record);
    }
    at = found?.next ?? at + 1;
  }
  return records;
}

/** Rows and bytes of several records together. */
export function sumRecords(records: readonly IndexRecord[]): {
  spanRows: number;
  entryRows: number;
  dataBytes: number;
} {
  let spanRows = 0;
  let entryRows = 0;
  let dataBytes = 0;
  for (const record of records) {
    spanRows += record.spanRows;
    entryRows += record.entryRows;
    dataBytes += record.spanBytes + record.entryBytes;
  }
  return { spanRows, entryRows, dataBytes };
}
