/**
 * The spans that wait to be sent, at most so many and so large. While the collector is away they wait, and attempts are
 * made further and further apart; when the queue is full the newest are dropped, counted, and said to be once. The
 * application is never held up and never kept alive by it.
 */
import { context, type Span, TraceFlags } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { sayOnce } from './notices.ts';
import type { SendOutcome } from './span-sender.ts';
import { WaitingSpans } from './waiting-spans.ts';

export interface QueueLimits {
  readonly queueSpansMax: number;
  /** About so many bytes of memory, whatever the spans hold. */
  readonly queueBytesMax: number;
  readonly batchSpansMax: number;
  /** How long a span waits for company, in milliseconds. */
  readonly delayMs: number;
}

/** What became of the spans so far. */
export interface SpanCounts {
  readonly sent: number;
  readonly waiting: number;
  /** Because the queue was full. */
  readonly dropped: number;
  /** Because the collector said that it will never take them. */
  readonly refused: number;
}

/** Sends spans: one attempt. */
export type Send = (spans: readonly ReadableSpan[]) => Promise<SendOutcome>;

const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MAX_MS = 60_000;
/** HTTP: the request is too large. */
const TOO_LARGE = 413;

export class SpanQueue implements SpanProcessor {
  private readonly limits: QueueLimits;
  private readonly send: Send;
  private readonly random: () => number;
  /** Oldest first; those that are being sent stay until it is known what became of them. */
  private readonly spans = new WaitingSpans();
  /** Spans of the next request: fewer after one that was too large. */
  private batchSpans: number;
  private timer: NodeJS.Timeout | undefined;
  private attempt: Promise<boolean> | undefined;
  private failures = 0;
  private retryMs = 0;
  private sent = 0;
  private dropped = 0;
  private refused = 0;
  private isClosed = false;

  /** `random`: as Math.random, for the jitter. */
  constructor(limits: QueueLimits, send: Send, random: () => number = Math.random) {
    this.limits = limits;
    this.batchSpans = limits.batchSpansMax;
    this.send = send;
    this.random = random;
  }

  get counts(): SpanCounts {
    const { sent, dropped, refused } = this;
    return { sent, waiting: this.spans.length, dropped, refused };
  }

  get isEmpty(): boolean {
    return this.spans.length === 0;
  }

  /** Those of which it is known what became of them. */
  private get settled(): number {
    return this.sent + this.refused;
  }

  /** Whether the last attempt failed: there is no use in waiting for another. */
  get isAway(): boolean {
    return this.failures > 0;
  }

  /** All that wait, for the end of the process. */
  get waiting(): readonly ReadableSpan[] {
    return this.spans.spans;
  }

  onStart(_span: Span): void {
    // Only what has ended is sent.
  }

  onEnd(span: ReadableSpan): void {
    if (this.isClosed || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    const { queueSpansMax, queueBytesMax, batchSpansMax } = this.limits;
    if (this.spans.length >= queueSpansMax || !this.spans.add(span, queueBytesMax)) {
      this.drop();
      return;
    }
    if (this.spans.length >= batchSpansMax && !this.isAway) void this.sendBatch();
    else this.sendAfter(this.limits.delayMs);
  }

  /** Sends all that wait, until it is done or an attempt fails. */
  async forceFlush(): Promise<void> {
    await this.attempt;
    // Not what ends meanwhile: an application that goes on would be held for ever.
    const last = this.settled + this.spans.length;
    while (this.settled < last && (await this.sendBatch()));
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private drop(): void {
    this.dropped += 1;
    const { queueSpansMax, queueBytesMax } = this.limits;
    sayOnce(
      'AICOST_SPANS_DROPPED',
      `The queue of ${queueSpansMax} spans or ${queueBytesMax} bytes is full, and new ones are dropped until some ` +
        'are sent: their cost will be missing. OTEL_BSP_MAX_QUEUE_SIZE and AICOST_QUEUE_BYTES_MAX make it longer.',
    );
  }

  private sendAfter(ms: number): void {
    if (this.timer !== undefined || this.attempt !== undefined || this.isClosed) return;
    this.timer = setTimeout(() => void this.sendBatch(), ms);
    this.timer.unref();
  }

  /** One attempt with the oldest; whether another one makes sense at once. */
  private sendBatch(): Promise<boolean> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.attempt ??= this.attemptBatch().finally(() => {
      this.attempt = undefined;
      this.sendMore();
    });
    return this.attempt;
  }

  private async attemptBatch(): Promise<boolean> {
    const batch = this.spans.oldest(this.batchSpans);
    if (batch.length === 0) return true;
    const outcome = await this.trySend(batch);
    if (outcome.kind === 'later') {
      this.failures += 1;
      this.retryMs = Math.max(outcome.afterMs ?? 0, this.backoffMs());
      sayOnce(
        'AICOST_COLLECTOR_AWAY',
        `Spans cannot be sent now (${outcome.reason}); they wait, and it is tried again. ` +
          '`npx @ai-cost-profiler/node doctor` tells more.',
      );
      return false;
    }
    this.failures = 0;
    if (outcome.status === TOO_LARGE && batch.length > 1) {
      this.batchSpans = Math.ceil(batch.length / 2);
      return true;
    }
    // Slowly: the next ones are as large, most likely.
    this.batchSpans = Math.min(this.batchSpans + 1, this.limits.batchSpansMax);
    this.spans.removeOldest(batch.length);
    const { refused, reason } = outcome;
    this.sent += batch.length - refused;
    if (refused > 0) this.refuse(refused, reason);
    return true;
  }

  /** Its own requests are no calls of the application. */
  private async trySend(batch: readonly ReadableSpan[]): Promise<SendOutcome> {
    try {
      return await context.with(suppressTracing(context.active()), this.send, undefined, batch);
    } catch (error) {
      return { kind: 'later', reason: String(error) };
    }
  }

  private sendMore(): void {
    if (this.spans.length === 0) return;
    if (this.isAway) this.sendAfter(this.retryMs);
    else if (this.spans.length >= this.batchSpans) void this.sendBatch();
    else this.sendAfter(this.limits.delayMs);
  }

  private refuse(count: number, reason: string): void {
    this.refused += count;
    sayOnce(
      'AICOST_SPANS_REFUSED',
      `The collector refused spans (${reason}), and they are lost. ` +
        '`npx @ai-cost-profiler/node doctor` tells what to do.',
    );
  }

  /** Twice as long after each failure, up to a minute; half of it is chance, so that processes do not come together. */
  private backoffMs(): number {
    const whole = Math.min(BACKOFF_FIRST_MS * 2 ** (this.failures - 1), BACKOFF_MAX_MS);
    return whole / 2 + (whole / 2) * this.random();
  }
}
