/**
 * A scene: a few spans and log events that hang together, in one or two traces, with what settle must make of each in
 * the end. They may arrive in any order and in any two pieces; only a newer version comes after the older.
 */
import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Random } from './random.ts';
import { makeReadable } from './readable-span.ts';
import {
  addForm,
  type Bill,
  NOBODY,
  type SentForm,
  type SentSpans,
  sessionPlace,
  type Whom,
} from './sent-spans.ts';

/** Told of a span; what is absent is usual. */
export interface SpanTold {
  readonly name: string;
  /** Of `spans.role`. */
  readonly role: string;
  readonly attributes: Attributes;
  readonly kind?: SpanKind;
  readonly parent?: ScenePart;
  /** 0 or 1: which of the scene's two traces. */
  readonly trace?: 0 | 1;
  readonly service?: string;
  /** Within the scene's hour, in milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly bill?: SceneBill;
  /** When the version starts that the bill is of, where that is a newer one. */
  readonly billFromMs?: number;
}

/** What is left to say of the entry: when, and what is usual. */
export type SceneBill = Omit<Bill, 'startNs' | 'otherReading' | 'reportedAtto' | 'whom'> & {
  readonly otherReading?: Bill['otherReading'];
  readonly reportedAtto?: Bill['reportedAtto'];
  readonly whom?: Partial<Whom>;
};

export interface ScenePart {
  readonly traceId: string;
  readonly spanId: string;
  readonly form: SentForm;
  /** Exactly one of the two. */
  readonly span?: ReadableSpan;
  readonly log?: LogRecord;
  /** Must be acknowledged before this one is sent. */
  readonly after?: ScenePart;
}

/** A record as OTLP/JSON has it, and the service of its resource. */
export interface LogRecord {
  readonly service: string;
  readonly record: object;
}

const NS_PER_MS = 1_000_000n;
const SERVICE = 'shop';

export class Scene {
  readonly tenant: string;
  readonly random: Random;
  readonly parts: ScenePart[] = [];
  /** Tells the scene apart in ids that emitters make up: responses, sessions. */
  readonly label: string;
  private readonly traceIds: readonly [string, string];
  private readonly book: SentSpans;
  private readonly startNs: bigint;
  private readonly prefix: string;
  private count = 0;

  constructor(about: {
    tenant: string;
    /** 8 bytes of hexadecimal that no other scene has. */
    prefix: string;
    startNs: bigint;
    book: SentSpans;
    random: Random;
  }) {
    this.tenant = about.tenant;
    this.random = about.random;
    this.startNs = about.startNs;
    this.book = about.book;
    this.label = about.prefix;
    this.traceIds = [`${about.prefix}${'0'.repeat(15)}1`, `${about.prefix}${'0'.repeat(15)}2`];
    this.prefix = about.prefix.slice(4);
  }

  /** Ids ascend in the order in which spans are added. */
  span(told: SpanTold): ScenePart {
    this.count++;
    const traceId = this.traceIds[told.trace ?? 0];
    const spanId = this.prefix + this.count.toString(16).padStart(4, '0');
    const startNs = this.at(told.fromMs);
    const bill = told.bill && toBill(told.bill, this.at(told.billFromMs ?? told.fromMs));
    const about = { tenant: this.tenant, traceId, spanId, batch: `scene ${this.label}`, bill };
    const form = this.book.add(about, { name: told.name, role: told.role, startNs });
    return this.push({ traceId, spanId, form, span: this.readable({ traceId, spanId }, told) });
  }

  /** A newer version of a span, sent when the older one is kept. The bill was told with the first. */
  newer(first: ScenePart, told: SpanTold): ScenePart {
    const { traceId, spanId } = first;
    const startNs = this.at(told.fromMs);
    const form = addForm(first.form.span, { name: told.name, role: told.role, startNs });
    const span = this.readable({ traceId, spanId }, told);
    return this.push({ traceId, spanId, form, span, after: first });
  }

  /** A log event of Claude Code, which sends no ids: its session and time tell it. */
  log(told: {
    session: string;
    service: string;
    atMs: number;
    attributes: Attributes;
    bill: SceneBill;
  }) {
    const startNs = this.at(told.atMs);
    const name = 'claude_code.api_request';
    const place = { traceId: sessionPlace(told.session), spanId: String(startNs) };
    const bill = toBill(told.bill, startNs);
    const about = { tenant: this.tenant, ...place, batch: `scene ${this.label}`, bill };
    const form = this.book.add(about, { name, role: 'unknown', startNs });
    const record = {
      timeUnixNano: String(startNs),
      observedTimeUnixNano: String(startNs),
      body: { stringValue: name },
      attributes: toOtlp({ 'session.id': told.session, ...told.attributes }),
    };
    return this.push({ ...place, form, log: { service: told.service, record } });
  }

  private at(ms: number): bigint {
    return this.startNs + BigInt(Math.round(ms)) * NS_PER_MS;
  }

  private push(part: ScenePart): ScenePart {
    this.parts.push(part);
    return part;
  }

  private readable(ids: { traceId: string; spanId: string }, told: SpanTold): ReadableSpan {
    const { name, kind = SpanKind.CLIENT, attributes, service = SERVICE, parent } = told;
    return makeReadable({
      ...ids,
      ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
      name,
      kind,
      startNs: this.at(told.fromMs),
      endNs: this.at(told.untilMs),
      attributes,
      service,
    });
  }
}

function toBill(told: SceneBill, startNs: bigint): Bill {
  return {
    otherReading: undefined,
    reportedAtto: undefined,
    ...told,
    startNs,
    whom: { ...NOBODY, ...told.whom },
  };
}

function toOtlp(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}
