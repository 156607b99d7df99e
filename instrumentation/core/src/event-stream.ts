/**
 * Server-sent events while they pass by as bytes, for applications that read the raw body of a response. Each event is
 * looked at and passed on byte for byte, or left out. Source: HTML Living Standard, 9.2 Server-sent events.
 */

/** Passes on what `isHidden` does not hide. */
export class EventStreamTap {
  private readonly decoder = new TextDecoder();
  private readonly onData: (data: string) => boolean;
  /** Bytes of the event that has not ended yet, and their text in pieces: put together once, when it has ended. */
  private held: Uint8Array[] = [];
  private texts: string[] = [];
  /** The end of that text, where an end of the event may have begun. */
  private tail = '';

  /** `isHidden` is asked for the data of each event; true leaves the event out. */
  constructor(isHidden: (data: string) => boolean) {
    this.onData = isHidden;
  }

  /** The bytes that can go on now. */
  push(bytes: Uint8Array): Uint8Array {
    this.held.push(bytes);
    const text = this.decoder.decode(bytes, { stream: true });
    const isEnded = eventEnd(this.tail + text) !== -1;
    this.hold(text);
    return isEnded ? this.cut() : NOTHING;
  }

  /** What is left at the end: an event without an end is no event, but the application's bytes all the same. */
  end(): Uint8Array {
    const left = concat(this.held);
    this.held = [];
    this.texts = [];
    return left;
  }

  private hold(text: string): void {
    this.texts.push(text);
    this.tail = (this.tail + text).slice(-TAIL_LENGTH);
  }

  private cut(): Uint8Array {
    const passed: Uint8Array[] = [];
    let text = this.texts.join('');
    for (let end = eventEnd(text); end !== -1; end = eventEnd(text)) {
      const event = text.slice(0, end);
      text = text.slice(end);
      const bytes = this.takeBytes(Buffer.byteLength(event));
      const data = dataOf(event);
      if (data === undefined || !this.onData(data)) passed.push(bytes);
    }
    this.texts = [];
    this.tail = '';
    this.hold(text);
    return concat(passed);
  }

  /** The first bytes of what is held. */
  private takeBytes(count: number): Uint8Array {
    const all = concat(this.held);
    this.held = [all.subarray(count)];
    return all.subarray(0, count);
  }
}

const NOTHING = new Uint8Array();
/** One letter less than the longest end of an event. */
const TAIL_LENGTH = 3;

/** Where the first event ends, with the empty line behind it; -1 while it has not. */
function eventEnd(text: string): number {
  const found = /\r\n\r\n|\n\n|\r\r/.exec(text);
  return found === null ? -1 : found.index + found[0].length;
}

/** The data of an event; undefined where it has none. */
function dataOf(event: string): string | undefined {
  const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  return lines.length === 0 ? undefined : lines.map((line) => line.slice(5).trimStart()).join('\n');
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
