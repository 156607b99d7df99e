/**
 * Makes batches of spans: traces of agents, calls, tools and plain spans, over several UTC days, with starts on
 * the edges of days and hours, where a time zone would show.
 */

import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Random } from './random.ts';
import { makeReadable } from './readable-span.ts';
import { type Bill, NOBODY, type SentForm, type SentSpans } from './sent-spans.ts';
import { BULKY_KIND, LEAF_KINDS, OTHER_KINDS, type SpanKindSpec } from './span-kinds.ts';

/** Spans as they are sent, and as the test remembers them. */
export interface Batch {
  readonly tenant: string;
  readonly sent: readonly SentForm[];
  readonly spans: readonly ReadableSpan[];
}

/** What one span is made of. */
interface SpanParts {
  tenant: string;
  traceId: string;
  kind: SpanKindSpec;
  batch: string;
  service: string;
}

interface Start {
  startNs: bigint;
  isEdge: boolean;
}

interface Made {
  readonly sent: SentForm;
  readonly span: ReadableSpan;
}

const NS_PER_S = 1_000_000_000n;
const NS_PER_HOUR = 3600n * NS_PER_S;
const NS_PER_DAY = 24n * NS_PER_HOUR;
/** 2026-07-28: the days that follow cross the end of a month, where tables start a new partition. */
export const FIRST_DAY_NS = BigInt(Date.UTC(2026, 6, 28)) * 1_000_000n;
export const DAYS = 12;
const MS_PER_DAY = 86_400_000;
/** n of a span is below this. */
const VARIANTS = 200;
const SERVICES = ['shop', 'support'];

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
    const place = { batch: this.nextLabel(), service: this.random.pick(SERVICES) };
    const made: Made[] = [];
    while (made.length < options.spans) {
      const traceId = this.traceFor(tenant);
      const size = Math.min(this.random.between(1, 6), options.spans - made.length);
      for (let i = 0; i < size; i++) {
        const kind = this.random.pick(this.random.chance(0.6) ? LEAF_KINDS : OTHER_KINDS);
        made.push(this.span({ tenant, traceId, kind, ...this.start(options.days), ...place }));
      }
    }
    return toBatch(tenant, made);
  }

  /** Many calls of one day: two rows each, so that 50,000 of them fill a segment. */
  burst(tenant: string, options: { spans: number; isBulky: boolean }): Batch {
    const place = { batch: this.nextLabel(), service: this.random.pick(SERVICES) };
    const dayNs = FIRST_DAY_NS + BigInt(this.random.below(3)) * NS_PER_DAY;
    const made: Made[] = [];
    for (let i = 0; i < options.spans; i++) {
      const traceId = this.traceFor(tenant);
      const kind = options.isBulky ? BULKY_KIND : this.random.pick(LEAF_KINDS);
      made.push(this.span({ tenant, traceId, kind, ...this.offset(dayNs), ...place }));
    }
    return toBatch(tenant, made);
  }

  /** The same ids and bytes under another tenant: other spans, though they look the same. */
  copyFor(tenant: string, batch: Batch): Batch {
    const label = this.nextLabel();
    const sent = batch.sent.map((form) =>
      this.book.add({ ...form.span, tenant, batch: label }, form),
    );
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

  private start(days: number): Start {
    return this.offset(FIRST_DAY_NS + BigInt(this.random.below(days)) * NS_PER_DAY);
  }

  /**
   * An instant of the day; often its very first or last, or those of an hour of Kolkata. Calls that start and end
   * together look like one span exported twice, unless their parents are different ones.
   */
  private offset(dayNs: bigint): Start {
    if (!this.random.chance(0.1)) {
      const ns = BigInt(this.random.below(86_400)) * NS_PER_S + BigInt(this.random.below(1e9));
      return { startNs: dayNs + ns, isEdge: false };
    }
    const edge = this.random.pick([0n, NS_PER_DAY, NS_PER_HOUR * 18n + NS_PER_HOUR / 2n]);
    const ns = edge === 0n || this.random.chance(0.3) ? edge % NS_PER_DAY : edge - 1n;
    return { startNs: dayNs + ns, isEdge: true };
  }

  private span(parts: SpanParts & Start): Made {
    this.counter++;
    const { tenant, traceId, kind, startNs, batch, isEdge, service } = parts;
    const count = this.counter.toString(16).padStart(8, '0');
    const spanId = this.prefix + count;
    const n = this.random.below(VARIANTS);
    const whom = { ...NOBODY, user: `user-${n % 5}`, feature: `feature-${n % 3}` };
    const bill = billOf(kind, { n, startNs, whom: { ...whom, agent: kind.agent ?? '' } });
    const { name, role } = kind;
    const sent = this.book.add({ tenant, traceId, spanId, batch, bill }, { name, role, startNs });
    const attributes = {
      ...kind.attributes(n),
      'user.id': whom.user,
      'aicost.feature': whom.feature,
    };
    const span = makeReadable({
      traceId,
      spanId,
      ...(isEdge ? { parentSpanId: `ffffffff${count}` } : {}),
      name,
      kind: SpanKind.CLIENT,
      startNs,
      endNs: startNs + NS_PER_S,
      attributes,
      service,
    });
    return { sent, span };
  }
}

/** The range in which all spans of the test start, in RFC 3339. */
export function allDays(): { from: string; to: string } {
  const fromMs = Number(FIRST_DAY_NS / 1_000_000n);
  const iso = (ms: number) => new Date(ms).toISOString();
  return { from: iso(fromMs), to: iso(fromMs + (DAYS + 2) * MS_PER_DAY) };
}

function toBatch(tenant: string, made: readonly Made[]): Batch {
  return { tenant, sent: made.map(({ sent }) => sent), spans: made.map(({ span }) => span) };
}

function billOf(
  kind: SpanKindSpec,
  { n, startNs, whom }: { n: number } & Pick<Bill, 'startNs' | 'whom'>,
): Bill | undefined {
  if (kind.role !== 'leaf' && kind.role !== 'aggregate') {
    return undefined;
  }
  const { provider, model, usage, otherReading } = kind;
  const role = kind.role === 'leaf' ? 'leaf' : 'agent_only';
  const quantities = { usage: usage(n), otherReading: otherReading?.(n), reportedAtto: undefined };
  return { role, provider, model, startNs, ...quantities, whom };
}
