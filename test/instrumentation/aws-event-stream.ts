/**
 * Messages of AWS's binary event stream, in which Bedrock streams: length, length of headers, checksum, headers,
 * payload, checksum. Source: smithy.io, Amazon Event Stream Specification.
 */
import { crc32 } from 'node:zlib';

const STRING = 7;

/** A `chunk` that holds an event of the model's own API. */
export function eventStreamMessage(event: unknown): Buffer {
  return awsEvent('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64') });
}

export const awsEvent = (type: string, payload: unknown): Buffer =>
  message({ ':message-type': 'event', ':event-type': type }, payload);

export const awsException = (type: string, payload: unknown): Buffer =>
  message({ ':message-type': 'exception', ':exception-type': type }, payload);

function message(named: Readonly<Record<string, string>>, told: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(told));
  const entries = Object.entries({ ...named, ':content-type': 'application/json' });
  const headers = Buffer.concat(entries.map(([name, value]) => header(name, value)));
  const prelude = uint32(16 + headers.length + payload.length, headers.length);
  const whole = Buffer.concat([prelude, uint32(crc32(prelude)), headers, payload]);
  return Buffer.concat([whole, uint32(crc32(whole))]);
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
