/**
 * A request that is made once and sent many times: every id, response id and time in its bytes is known by place, and
 * is written anew for each copy. Invariant: no two copies share a span, and making one costs next to nothing.
 */
import { requestType } from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';

type Fields = Record<string, unknown>;

/** A span of a unit. `unit`, `trace` and `span` are counted from 0 and make its ids. */
export interface UnitSpan {
  readonly trace: number;
  readonly span: number;
  /** -1: a root. 255: a parent that is never sent. */
  readonly parent: number;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly scope: string;
  /** Within the unit, in milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: readonly (readonly [string, string | number])[];
}

/** In a text attribute: eight characters that become the number of the unit, or of the unit it hangs together with. */
export const OWN_NUMBER = 'OWNNUMBR';
export const OTHER_NUMBER = 'OTHERNUM';

/** First bytes of an id; then comes, in each, the number of the unit in four bytes. */
const TRACE_MARK = Buffer.from([0xa1, 0xc0, 0x57, 0x17]);
/** The fourth byte of a span's id is its place in the unit. */
const SPAN_MARK = Buffer.from([0x5b, 0xc9, 0xe1]);
const BASE_NS = 1_000_000_000_000_000_000n;
const UNIT_NS = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

interface Place {
  readonly at: number;
  readonly unit: number;
}

/** What tells the units of one copy: a number of its own for each, below 2^32. */
export interface CopyNumbers {
  readonly own: (unit: number) => number;
  readonly other: (unit: number) => number;
  /** Start of the unit, nanoseconds since 1970. */
  readonly startNs: (unit: number) => bigint;
}

export class RequestTemplate {
  readonly spans: number;
  private readonly bytes: Buffer;
  private readonly ids: Place[] = [];
  private readonly own: Place[] = [];
  private readonly others: Place[] = [];
  private readonly times: (Place & { afterNs: bigint })[] = [];

  /** `units` times the spans of one unit. */
  constructor(unit: readonly UnitSpan[], units: number) {
    this.spans = unit.length * units;
    const numbered = Array.from({ length: units }, (_, n) => unit.map((span) => ({ n, span })));
    this.bytes = encode(numbered.flat());
    this.findMarks(units);
    for (const { n, span } of numbered.flat()) {
      for (const ms of [span.startMs, span.endMs]) this.findTime(n, BigInt(ms) * NS_PER_MS);
    }
  }

  /** The bytes of one more copy. */
  copy(numbers: CopyNumbers): Buffer {
    const bytes = Buffer.from(this.bytes);
    for (const { at, unit } of this.ids) bytes.writeUInt32BE(scattered(numbers.own(unit)), at);
    for (const { at, unit } of this.own) writeNumber(bytes, at, numbers.own(unit));
    for (const { at, unit } of this.others) writeNumber(bytes, at, numbers.other(unit));
    for (const { at, unit, afterNs } of this.times) {
      bytes.writeBigUInt64LE(numbers.startNs(unit) + afterNs, at);
    }
    return bytes;
  }

  private findMarks(units: number): void {
    for (const mark of [TRACE_MARK, SPAN_MARK]) {
      for (const at of placesOf(this.bytes, mark)) {
        this.ids.push({ at: at + 4, unit: this.bytes.readUInt32BE(at + 4) });
      }
    }
    for (let unit = 0; unit < units; unit++) {
      const own = numbered(OWN_NUMBER, unit);
      const other = numbered(OTHER_NUMBER, unit);
      this.own.push(...placesOf(this.bytes, Buffer.from(own)).map((at) => ({ at, unit })));
      this.others.push(...placesOf(this.bytes, Buffer.from(other)).map((at) => ({ at, unit })));
    }
  }

  private findTime(unit: number, afterNs: bigint): void {
    const wanted = Buffer.alloc(8);
    wanted.writeBigUInt64LE(BASE_NS + BigInt(unit) * UNIT_NS + afterNs);
    for (const at of placesOf(this.bytes, wanted)) {
      if (!this.times.some((time) => time.at === at)) this.times.push({ at, unit, afterNs });
    }
  }
}

function placesOf(bytes: Buffer, wanted: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) {
    places.push(at);
  }
  return places;
}

/** Ids are random where they come from: a number far from that of its neighbour, and still its own. */
function scattered(number: number): number {
  return Math.imul(number, 2_654_435_761) >>> 0;
}

function writeNumber(bytes: Buffer, at: number, number: number): void {
  bytes.write(number.toString(16).padStart(8, '0'), at, 'latin1');
}

/** The mark of a unit, as long as the mark itself. */
function numbered(mark: string, unit: number): string {
  return mark.slice(0, 5) + String(unit).padStart(3, '0');
}

/** Mark, number of the unit, number of the trace in the unit. */
function traceId(unit: number, trace: number): Buffer {
  const made = Buffer.alloc(16);
  TRACE_MARK.copy(made);
  made.writeUInt32BE(unit, 4);
  made.writeUInt32BE(trace + 1, 12);
  return made;
}

/** Mark with the span's place within it, number of the unit. */
function spanId(unit: number, trace: number, span: number): Buffer {
  const made = Buffer.alloc(8);
  SPAN_MARK.copy(made);
  made.writeUInt32BE(unit, 4);
  made.writeUInt8(trace * 16 + span, 3);
  return made;
}

function encode(spans: readonly { n: number; span: UnitSpan }[]): Buffer {
  const byService = Map.groupBy(spans, ({ span }) => span.service);
  const resourceSpans = [...byService].map(([service, own]) => ({
    resource: { attributes: [attribute(0, ['service.name', service])] },
    scopeSpans: [...Map.groupBy(own, ({ span }) => span.scope)].map(([name, scoped]) => ({
      scope: { name, version: '1.0.0' },
      spans: scoped.map(({ n, span }) => message(n, span)),
    })),
  }));
  return Buffer.from(requestType.encode(requestType.fromObject({ resourceSpans })).finish());
}

function message(unit: number, span: UnitSpan): Fields {
  const at = (ms: number) => String(BASE_NS + BigInt(unit) * UNIT_NS + BigInt(ms) * NS_PER_MS);
  return {
    traceId: traceId(unit, span.trace),
    spanId: spanId(unit, span.trace, span.span),
    ...(span.parent === -1 ? {} : { parentSpanId: spanId(unit, span.trace, span.parent) }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: at(span.startMs),
    endTimeUnixNano: at(span.endMs),
    attributes: span.attributes.map((pair) => attribute(unit, pair)),
  };
}

function attribute(unit: number, [key, value]: readonly [string, string | number]): Fields {
  const text = (told: string) =>
    told
      .replace(OWN_NUMBER, numbered(OWN_NUMBER, unit))
      .replace(OTHER_NUMBER, numbered(OTHER_NUMBER, unit));
  return typeof value === 'string'
    ? { key, value: { stringValue: text(value) } }
    : { key, value: { intValue: value } };
}
