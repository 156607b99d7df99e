/** Spans that wait, oldest first, and about how many bytes they hold: content makes one span as large as thousands. */
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** Of a span without any text of its own: ids, times, numbers. */
const SPAN_BYTES = 512;

export class WaitingSpans {
  readonly spans: ReadableSpan[] = [];
  private readonly sizes: number[] = [];
  private held = 0;

  get length(): number {
    return this.spans.length;
  }

  /** About so many bytes of all that wait. */
  get bytes(): number {
    return this.held;
  }

  /** Takes it, unless that makes more than `bytesMax`; whether it was taken. */
  add(span: ReadableSpan, bytesMax: number): boolean {
    const size = spanBytes(span);
    if (this.held + size > bytesMax) return false;
    this.held += size;
    this.spans.push(span);
    this.sizes.push(size);
    return true;
  }

  /** The oldest, at most `count`. They stay until they are removed. */
  oldest(count: number): ReadableSpan[] {
    return this.spans.slice(0, count);
  }

  removeOldest(count: number): void {
    this.spans.splice(0, count);
    for (const size of this.sizes.splice(0, count)) this.held -= size;
  }
}

/** By the texts alone: nothing else of a span is ever large. */
function spanBytes({ attributes, events }: ReadableSpan): number {
  let bytes = SPAN_BYTES + textBytes(attributes);
  for (const event of events) bytes += textBytes(event.attributes);
  return bytes;
}

function textBytes(attributes: Attributes | undefined): number {
  let bytes = 0;
  for (const name in attributes) {
    const value = attributes[name];
    if (typeof value === 'string') bytes += value.length;
    else if (Array.isArray(value)) bytes += arrayBytes(value);
  }
  return bytes;
}

function arrayBytes(values: readonly unknown[]): number {
  let bytes = 0;
  for (const value of values) bytes += typeof value === 'string' ? value.length : 8;
  return bytes;
}
