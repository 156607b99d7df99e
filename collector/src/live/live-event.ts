/** An event as bytes, in the format of server-sent events (WHATWG HTML, 9.2). */
import type { LiveEventType, LiveFields } from '../live-feed.ts';

export interface LiveEvent {
  /** Of its tenant, from 1, without gaps. */
  readonly seq: number;
  readonly bytes: Buffer;
  /** undefined: it is about no call, and every client of the tenant gets it. */
  readonly fields: LiveFields | undefined;
}

/** `event: …, id: …, data: …`; without an id the client keeps the one it has. */
export function eventBytes(type: string, data: object, id?: string): Buffer {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`event: ${type}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
}

export type Told = { readonly type: LiveEventType; readonly data: object; fields?: LiveFields };
