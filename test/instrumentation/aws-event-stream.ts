/**
 * Messages of AWS's binary event stream, in which Bedrock streams: length, length of headers, checksum, headers,
 * payload, checksum. Source: smithy.io, Amazon Event Stream Specification.
 */
import { crc32 } from 'node:zlib';

const STRING = 7;

/** A `chunk` that holds an event of the model's own API. */
export function eventStreamMessage(event: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  const payload = Buffer.from(JSON.stringify({ bytes }));
  const headers = Buffer.concat([
    header(':event-type', 'chunk'),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ]);
  const prelude = uint32(16 + headers.length + payload.length, headers.length);
  const message = Buffer.concat([prelude, uint32(crc32(prelude)), headers, payload]);
  return Buffer.concat([message, uint32(crc32(message))]);
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  const parts = [Buffer.from([name.length]), Buffer.from(name), Buffer.from([STRING]), length];
  return Buffer.concat([...parts, Buffer.from(value)]);
}

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value, n * 4);
  return bytes;
}
