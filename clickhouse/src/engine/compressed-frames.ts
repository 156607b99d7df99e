/**
 * ClickHouse's own compression of an answer (`compress=1`), which clickhouse-go and the JDBC driver ask for: frames of
 * checksum, method, sizes and an LZ4 block. Source: https://clickhouse.com/docs/native-protocol/compression.
 * Invariant: a frame never waits for more bytes, so that what was written can be read at once.
 */
import { Transform } from 'node:stream';
import { cityHash128 } from './city-hash.ts';
import { compressLz4Block, LZ4_BLOCK_BYTES_MAX } from './lz4-block.ts';

const METHOD_LZ4 = 0x82;
const CHECKSUM_BYTES = 16;
/** Method, and both sizes; the compressed one counts these bytes too. */
const HEADER_BYTES = 9;

/** One frame of at most LZ4_BLOCK_BYTES_MAX bytes. */
function compressedFrame(raw: Buffer): Buffer {
  const block = compressLz4Block(raw);
  const frame = Buffer.allocUnsafe(CHECKSUM_BYTES + HEADER_BYTES + block.length);
  const summed = frame.subarray(CHECKSUM_BYTES);
  summed.writeUInt8(METHOD_LZ4, 0);
  summed.writeUInt32LE(HEADER_BYTES + block.length, 1);
  summed.writeUInt32LE(raw.length, 5);
  block.copy(summed, HEADER_BYTES);
  const { low, high } = cityHash128(summed);
  frame.writeBigUInt64LE(low, 0);
  frame.writeBigUInt64LE(high, 8);
  return frame;
}

/** Any bytes as frames, one after the other. */
export function compressedFrames(bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += LZ4_BLOCK_BYTES_MAX) {
    frames.push(compressedFrame(bytes.subarray(at, at + LZ4_BLOCK_BYTES_MAX)));
  }
  return Buffer.concat(frames);
}

/** A stream that frames what passes through. */
export function createFrameEncoder(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, compressedFrames(chunk));
    },
  });
}
