/**
 * The calls of one tenant, as events: so many within a second are shown one by one, and of all others it is told how
 * many they were and what they cost, so that what a client adds up is what was billed.
 * Invariant: nothing is told before it is durable, and no fault here reaches the road of spans.
 */
import { type AttoUsd, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { type CallEvent, callEvent } from './call-event.ts';
import type { TenantStream } from './tenant-stream.ts';

const SECOND_MS = 1_000;

interface CallsToldOptions {
  readonly callsPerSecondMax: number;
  readonly nowMs: () => number;
}

/** What was billed and is not shown by itself. Entries of a reversal count -1. */
interface Sum {
  calls: number;
  unpriced: number;
  costAtto: AttoUsd;
}

const emptySum = (): Sum => ({ calls: 0, unpriced: 0, costAtto: 0n });

/** The entries of one request, until they are durable. */
export class RequestCalls {
  private readonly told: CallsTold;
  private readonly shown: CallEvent[] = [];
  private readonly rest = emptySum();

  constructor(told: CallsTold) {
    this.told = told;
  }

  /** An entry that was appended; `entryOf` makes it an object, which most need not be. */
  add(calls: number, costAtto: AttoUsd | undefined, entryOf: () => LedgerEntry): void {
    if (this.told.mayShow()) {
      try {
        this.shown.push(callEvent(entryOf()));
      } catch {
        // The row is there: its call counts as one that is not shown.
        this.count(calls, costAtto);
      }
    } else {
      this.count(calls, costAtto);
    }
  }

  private count(calls: number, costAtto: AttoUsd | undefined): void {
    this.rest.calls += calls;
    if (costAtto === undefined) this.rest.unpriced += calls;
    else this.rest.costAtto += costAtto;
  }

  /** The entries are durable. */
  publish(): void {
    this.told.publish(this.shown, this.rest);
  }
}

export class CallsTold {
  private readonly stream: TenantStream;
  private readonly options: CallsToldOptions;
  private sum = emptySum();
  private hasSampled = false;
  private second = 0;
  private shownInSecond = 0;

  constructor(stream: TenantStream, options: CallsToldOptions) {
    this.stream = stream;
    this.options = options;
  }

  begin(): RequestCalls {
    return new RequestCalls(this);
  }

  mayShow(): boolean {
    const second = Math.floor(this.options.nowMs() / SECOND_MS);
    if (second !== this.second) {
      this.second = second;
      this.shownInSecond = 0;
    }
    return this.shownInSecond++ < this.options.callsPerSecondMax;
  }

  publish(shown: readonly CallEvent[], rest: Sum): void {
    for (const { data, fields } of shown) this.stream.add({ type: 'call', data, fields });
    const { sum } = this;
    this.hasSampled ||= rest.calls !== 0 || rest.costAtto !== 0n;
    sum.calls += rest.calls;
    sum.unpriced += rest.unpriced;
    sum.costAtto += rest.costAtto;
  }

  /** What was not shown since the last time; nothing, if all was. */
  tellSampled(): void {
    if (!this.hasSampled) return;
    const { calls, unpriced, costAtto } = this.sum;
    this.sum = emptySum();
    this.hasSampled = false;
    const cost = calls !== 0 && calls === unpriced ? null : formatUsd(costAtto);
    const data = { calls, unpriced_calls: unpriced, cost_usd: cost };
    this.stream.add({ type: 'sampled', data });
  }
}
