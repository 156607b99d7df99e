/**
 * The last events of one tenant, each encoded once. Invariant: an id is never given twice: the epoch is random, and of
 * one ring, so that an id of another process, or of a ring that was forgotten since, is known to be foreign.
 */
import { eventBytes, type LiveEvent, type Told } from './live-event.ts';

/** Where a client goes on: behind `seq`. `lost` says why that is not where it was. */
export interface Place {
  readonly seq: number;
  readonly lost: 'unknown_id' | 'too_old' | undefined;
}

export class EventRing {
  readonly events: LiveEvent[] = [];
  readonly epoch: string;
  private readonly bytesMax: number;
  private bytes = 0;
  private last = 0;

  constructor(epoch: string, bytesMax: number) {
    this.epoch = epoch;
    this.bytesMax = bytesMax;
  }

  get lastSeq(): number {
    return this.last;
  }

  /** The oldest event that is still here; one beyond the last where there is none. */
  get firstSeq(): number {
    return this.events[0]?.seq ?? this.last + 1;
  }

  idOf(seq: number): string {
    return `${this.epoch}-${seq}`;
  }

  /** The newest event always stays; the oldest go while all are too many bytes. */
  add({ type, data, fields }: Told): LiveEvent {
    const seq = ++this.last;
    const event = { seq, bytes: eventBytes(type, data, this.idOf(seq)), fields };
    this.events.push(event);
    this.bytes += event.bytes.length;
    while (this.bytes > this.bytesMax && this.events.length > 1) {
      this.bytes -= this.events.shift()!.bytes.length;
    }
    return event;
  }

  /** Keeps the numbers: whoever comes back for one of these events is told that it is gone. */
  forget(): void {
    this.events.length = 0;
    this.bytes = 0;
  }

  placeAfter(id: string | undefined): Place {
    if (id === undefined) return { seq: this.last, lost: undefined };
    const [epoch, digits = ''] = id.split('-');
    const seq = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    if (id !== `${this.epoch}-${seq}` || epoch !== this.epoch || seq > this.last) {
      return { seq: this.last, lost: 'unknown_id' };
    }
    // What is left is sent: the client is told that something between is missing.
    if (seq + 1 < this.firstSeq) return { seq: this.firstSeq - 1, lost: 'too_old' };
    return { seq, lost: undefined };
  }
}
