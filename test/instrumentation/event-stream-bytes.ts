/** Messages of application/vnd.amazon.eventstream. Source: AWS, "Event stream encoding". */
import { crc32 } from 'node:zlib';

export interface EventMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: unknown;
}

const STRING = 7;

export function eventBytes({ headers, payload }: EventMessage): Buffer {
  const named = Buffer.concat(Object.entries(headers).map(headerBytes));
  const body = Buffer.from(JSON.stringify(payload));
  const message = Buffer.alloc(16 + named.length + body.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(named.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  named.copy(message, 12);
  body.copy(message, 12 + named.length);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}

function headerBytes([name, value]: readonly [string, string]): Buffer {
  const header = Buffer.alloc(4 + name.length + value.length);
  header.writeUInt8(name.length, 0);
  header.write(name, 1);
  header.writeUInt8(STRING, 1 + name.length);
  header.writeUInt16BE(value.length, 2 + name.length);
  header.write(value, 4 + name.length);
  return header;
}

export const event = (type: string, payload: unknown): Buffer =>
  eventBytes({
    headers: { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
    payload,
  });

export const exception = (type: string, payload: unknown): Buffer =>
  eventBytes({
    headers: {
      ':message-type': 'exception',
      ':exception-type': type,
      ':content-type': 'application/json',
    },
    payload,
  });
