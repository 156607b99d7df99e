/**
 * The events of a ring that one filter lets through, in places that count from 0 and are never given twice. What is
 * sent to clients at the same place is one buffer, made once.
 */
import type { LiveFields } from '../live-feed.ts';
import type { EventRing } from './event-ring.ts';
import type { LiveEvent } from './live-event.ts';

export interface Piece {
  readonly bytes: Buffer;
  readonly events: number;
}

export class EventTopic {
  private readonly ring: EventRing;
  private readonly matches: (fields: LiveFields) => boolean;
  private readonly pieceBytesMax: number;
  private readonly events: LiveEvent[] = [];
  private base = 0;
  private made: (Piece & { place: number; end: number }) | undefined;

  constructor(ring: EventRing, matches: (fields: LiveFields) => boolean, pieceBytesMax: number) {
    this.ring = ring;
    this.matches = matches;
    this.pieceBytesMax = pieceBytesMax;
    for (const event of ring.events) this.add(event);
  }

  add(event: LiveEvent): void {
    if (event.fields === undefined || this.matches(event.fields)) this.events.push(event);
    this.trim();
  }

  /** Lets go of what the ring has not any more. */
  trim(): void {
    while (this.events.length > 0 && this.events[0]!.seq < this.ring.firstSeq) {
      this.events.shift();
      this.base++;
      this.made = undefined;
    }
  }

  /** The place of the oldest event that can still be sent, and the one behind the newest. */
  get first(): number {
    return this.base;
  }

  get end(): number {
    return this.base + this.events.length;
  }

  /** The place of the first event behind `seq`. */
  placeAfter(seq: number): number {
    const at = this.events.findIndex((event) => event.seq > seq);
    return at < 0 ? this.end : this.base + at;
  }

  /** The events from a place on, as many as fit into one write, and one at least. There must be one. */
  pieceFrom(place: number): Piece {
    const { made, end } = this;
    if (made?.place === place && made.end === end) return made;
    const parts: Buffer[] = [];
    let length = 0;
    for (let at = place - this.base; at < this.events.length; at++) {
      const { bytes } = this.events[at]!;
      if (parts.length > 0 && length + bytes.length > this.pieceBytesMax) break;
      parts.push(bytes);
      length += bytes.length;
    }
    this.made = { place, end, bytes: Buffer.concat(parts, length), events: parts.length };
    return this.made;
  }
}
