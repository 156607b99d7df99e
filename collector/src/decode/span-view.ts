/**
 * The one span the decoder shows to its sink, filled again for each span: no object per span.
 * Texts, ids and nested values are byte ranges `[xxxStart, xxxEnd)` of `bytes` (the request, or its
 * transcoding for JSON), validated as UTF-8 where OTLP says string. An absent field is an empty
 * range or 0, as proto3 has it. Nothing of it may be kept after `SpanSink.span` returns: copy.
 */

import { type HashHalves, hashBytes } from './content-hash.ts';
import { EventView, LinkView } from './event-view.ts';
import { type KeyShape, KeyShapes } from './key-shapes.ts';
import { RecordView, unsigned64 } from './record-view.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

const TWO_32 = 4_294_967_296;
const NS_PER_DAY = 86_400_000_000_000n;

/** Takes the spans of one request, in wire order, and only of a request that is well-formed. */
export interface SpanSink {
  span(view: SpanView): void;
}

export class SpanView extends RecordView implements HashHalves {
  /** The span message's own bytes. */
  bytesStart = 0;
  bytesEnd = 0;
  /** Ids as sent: their lengths are not checked here (see `refuse.ts`). */
  traceIdStart = 0;
  traceIdEnd = 0;
  spanIdStart = 0;
  spanIdEnd = 0;
  parentSpanIdStart = 0;
  parentSpanIdEnd = 0;
  traceStateStart = 0;
  traceStateEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  /** `SpanKind` as an open enum: any int32. */
  kind = 0;
  /** The uint64 nanoseconds as two's complement halves; the pair is what a Native column takes. */
  startTimeLo = 0;
  startTimeHi = 0;
  endTimeLo = 0;
  endTimeHi = 0;
  /** Unsigned 32-bit. */
  flags = 0;
  droppedAttributesCount = 0;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  /** `StatusCode` as an open enum: 0 unset, 1 ok, 2 error. */
  statusCode = 0;
  statusMessageStart = 0;
  statusMessageEnd = 0;
  eventCount = 0;
  linkCount = 0;
  /** The shape of the attributes' keys, where it is known: a view remembers what it has shown. */
  shape: KeyShape | undefined;
  readonly keyShapes: KeyShapes;
  /** Filled by `hashContent`. */
  hashLo = 0;
  hashHi = 0;

  /** `keyShapes` may be shared by views: what one has seen, all know. */
  constructor(keyShapes = new KeyShapes()) {
    super();
    this.keyShapes = keyShapes;
  }

  private readonly event = new EventView();
  private readonly link = new LinkView();

  get startTimeUnixNano(): bigint {
    return unsigned64(this.startTimeLo, this.startTimeHi);
  }

  /** The UTC day of the start, in days since 1970. A double may round across a midnight: near one integers decide. */
  get startDay(): number {
    const days =
      ((this.startTimeHi >>> 0) * TWO_32 + (this.startTimeLo >>> 0)) / Number(NS_PER_DAY);
    const fraction = days - Math.floor(days);
    const isSure = fraction > 1e-9 && fraction < 1 - 1e-9;
    return isSure ? Math.floor(days) : Number(this.startTimeUnixNano / NS_PER_DAY);
  }

  get endTimeUnixNano(): bigint {
    return unsigned64(this.endTimeLo, this.endTimeHi);
  }

  get nameText(): string {
    return this.text(this.nameStart, this.nameEnd);
  }

  /** Computes `hashLo` and `hashHi` over the span's bytes; equal bytes hash equally. */
  hashContent(): void {
    hashBytes(this.data, this.bytesStart, this.bytesEnd, this);
  }

  /** The content hash as one unsigned 64-bit integer. */
  contentHash(): bigint {
    this.hashContent();
    return unsigned64(this.hashLo, this.hashHi);
  }

  /** Shows each event in wire order, in one reused object. */
  forEachEvent(visit: (event: EventView) => void): void {
    if (this.eventCount === 0) return;
    this.event.bind(this.bytes, this.data);
    this.forEachMessage(0x5a, (start, end) => {
      this.event.read(start, end);
      visit(this.event);
    });
  }

  /** Shows each link in wire order, in one reused object. */
  forEachLink(visit: (link: LinkView) => void): void {
    if (this.linkCount === 0) return;
    this.link.bind(this.bytes, this.data);
    this.forEachMessage(0x6a, (start, end) => {
      this.link.read(start, end);
      visit(this.link);
    });
  }

  /** Events and links are not indexed while decoding: few spans have any, so they are found here. */
  private forEachMessage(wanted: number, visit: (start: number, end: number) => void): void {
    const bytes = this.bytes;
    for (let at = this.bytesStart; at < this.bytesEnd; ) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === wanted) visit(afterVarint(bytes, at), next);
      at = next;
    }
  }
}
