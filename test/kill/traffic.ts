/**
 * Makes batches of spans: traces of agents, calls, tools and plain spans, over several UTC days, with starts on
 * the edges of days and hours, where a time zone would show.
 */

import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Random } from './random.ts';
import type { SentSpan, SentSpans } from './sent-spans.ts';
import { BULKY_KIND, LEAF_KINDS, OTHER_KINDS, type SpanKindSpec } from './span-kinds.ts';

/** A span as it is sent, and as the test remembers it. */
export interface Batch {
  readonly tenant: string;
  readonly sent: readonly SentSpan[];
  readonly spans: readonly ReadableSpan[];
}

/** What one span is made of. */
interface SpanParts {
  tenant: string;
  traceId: string;
  kind: SpanKindSpec;
  startNs: bigint;
  batch: string;
}

const NS_PER_S = 1_000_000_000n;
const NS_PER_HOUR = 3600n * NS_PER_S;
const NS_PER_DAY = 24n * NS_PER_HOUR;
/** 2026-07-28: the days that follow cross the end of a month, where tables start a new partition. */
export const FIRST_DAY_NS = BigInt(Date.UTC(2026, 6, 28)) * 1_000_000n;
export const DAYS = 12;
/** n of a span is below this. */
const VARIANTS = 200;
const SCOPE = { name: 'kill-test', version: '1' };
const RESOURCES = ['shop', 'support'].map((service) =>
  resourceFromAttributes({ 'service.name': service, 'deployment.environment.name': 'test' }),
);

export class Traffic {
  private readonly random: Random;
  private readonly book: SentSpans;
  private readonly prefix: string;
  private counter = 0;
  private batches = 0;
  /** Traces that may get further spans in a later batch. */
  private openTraces: { tenant: string; traceId: string }[] = [];

  constructor(name: string, random: Random, book: SentSpans) {
    this.random = random;
    this.book = book;
    // Span ids of two senders never meet: the prefix is 4 random bytes, the rest counts.
    this.prefix = random.hex(4);
    this.name = name;
  }

  private readonly name: string;

  /** `days`: over how many of the first days the starts are spread. */
  batch(tenant: string, options: { spans: number; days: number }): Batch {
    const label = this.nextLabel();
    const sent: SentSpan[] = [];
    while (sent.length < options.spans) {
      const traceId = this.traceFor(tenant);
      const size = Math.min(this.random.between(1, 6), options.spans - sent.length);
      for (let i = 0; i < size; i++) {
        const kind = this.random.pick(this.random.chance(0.6) ? LEAF_KINDS : OTHER_KINDS);
        const startNs = this.start(options.days);
        sent.push(this.span({ tenant, traceId, kind, startNs, batch: label }));
      }
    }
    return this.finish(tenant, sent);
  }

  /** Many calls of one day: two rows each, so that 50,000 of them fill a segment. */
  burst(tenant: string, options: { spans: number; isBulky: boolean }): Batch {
    const label = this.nextLabel();
    const dayNs = FIRST_DAY_NS + BigInt(this.random.below(3)) * NS_PER_DAY;
    const sent: SentSpan[] = [];
    for (let i = 0; i < options.spans; i++) {
      const traceId = this.traceFor(tenant);
      const kind = options.isBulky ? BULKY_KIND : this.random.pick(LEAF_KINDS);
      const startNs = dayNs + this.offset();
      sent.push(this.span({ tenant, traceId, kind, startNs, batch: label }));
    }
    return this.finish(tenant, sent);
  }

  /** The same ids and bytes under another tenant: other spans, though they look the same. */
  copyFor(tenant: string, batch: Batch): Batch {
    const label = this.nextLabel();
    const sent = batch.sent.map((span) => {
      const copy = { ...span, tenant, batch: label, isAcknowledged: false, stored: 0, charged: 0 };
      this.book.add(copy);
      return copy;
    });
    return { tenant, sent, spans: batch.spans };
  }

  private nextLabel(): string {
    this.batches++;
    return `${this.name}#${this.batches}`;
  }

  private traceFor(tenant: string): string {
    const open = this.openTraces.filter((trace) => trace.tenant === tenant);
    if (open.length > 0 && this.random.chance(0.3)) {
      return this.random.pick(open).traceId;
    }
    const traceId = this.prefix + this.random.hex(12);
    this.openTraces.push({ tenant, traceId });
    this.openTraces = this.openTraces.slice(-8);
    return traceId;
  }

  private start(days: number): bigint {
    const dayNs = FIRST_DAY_NS + BigInt(this.random.below(days)) * NS_PER_DAY;
    return dayNs + this.offset();
  }

  /** Nanoseconds into a day; often its very first or last, or those of an hour of Kolkata. */
  private offset(): bigint {
    if (this.random.chance(0.1)) {
      const edge = this.random.pick([0n, NS_PER_DAY, NS_PER_HOUR * 18n + NS_PER_HOUR / 2n]);
      return edge === 0n || this.random.chance(0.3) ? edge % NS_PER_DAY : edge - 1n;
    }
    return (BigInt(this.random.below(86_400)) * NS_PER_S +
      BigInt(this.random.below(1e9))) as bigint;
  }

  private span(parts: SpanParts): SentSpan {
    this.counter++;
    const spanId = this.prefix + this.counter.toString(16).padStart(8, '0');
    const sent: SentSpan = {
      ...parts,
      spanId,
      n: this.random.below(VARIANTS),
      isAcknowledged: false,
      stored: 0,
      charged: 0,
    };
    this.book.add(sent);
    return sent;
  }

  private finish(tenant: string, sent: SentSpan[]): Batch {
    const resource = this.random.pick(RESOURCES);
    return { tenant, sent, spans: sent.map((span) => toReadable(span, resource)) };
  }
}

/** What an OpenTelemetry exporter takes. A function of the span alone, so that a resend has the same bytes. */
function toReadable(span: SentSpan, resource: ReadableSpan['resource']): ReadableSpan {
  const startTime: [number, number] = [
    Number(span.startNs / NS_PER_S),
    Number(span.startNs % NS_PER_S),
  ];
  const context = { traceId: span.traceId, spanId: span.spanId, traceFlags: 1 };
  return {
    name: span.kind.name,
    kind: 2,
    spanContext: () => context,
    startTime,
    endTime: [startTime[0] + 1, startTime[1]],
    status: { code: 0 },
    attributes: {
      ...span.kind.attributes(span.n),
      'user.id': `user-${span.n % 5}`,
      'aicost.feature': `feature-${span.n % 3}`,
    },
    links: [],
    events: [],
    duration: [1, 0],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
