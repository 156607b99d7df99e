/**
 * Control totals on their way into ClickHouse: kept in memory, inserted in small batches. Best effort: what was not
 * inserted when the process ends is lost, and beyond a bound the oldest are given up. Nothing that is billed comes
 * here.
 */
import { createHash } from 'node:crypto';
import type { MetricPoint } from '../decode/decode-metrics.ts';
import { plainDecimal } from '../normalise/decimal-text.ts';
import { labelsOf, unitOfMetric } from './token-metrics.ts';

/** A row of `control_totals`. */
interface ControlTotalRow {
  readonly tenant: string;
  readonly metric: string;
  readonly unit: string;
  readonly service: string;
  readonly session: string;
  readonly model: string;
  readonly token_type: string;
  readonly temporality: string;
  readonly start_time: string;
  readonly time: string;
  readonly value: string;
  readonly series: string;
  readonly received_at: string;
}

export interface ControlTotalsDeps {
  /** Inserts a batch; rejects while ClickHouse is away. */
  readonly insert: (rows: readonly object[]) => Promise<void>;
  readonly nowMs: () => number;
  /** Told how many were inserted, or given up. */
  readonly onOutcome: (outcome: 'stored' | 'lost', count: number) => void;
}

const ROWS_MAX = 20_000;
const BATCH_ROWS_MAX = 5_000;

export class ControlTotals {
  private readonly deps: ControlTotalsDeps;
  private rows: ControlTotalRow[] = [];
  private flushing: Promise<void> | undefined;

  constructor(deps: ControlTotalsDeps) {
    this.deps = deps;
  }

  /** Takes a point; false when its value is no amount that can be kept. */
  add(tenant: string, point: MetricPoint): boolean {
    const row = rowOf(tenant, point, this.deps.nowMs());
    if (row === undefined) {
      return false;
    }
    this.rows.push(row);
    if (this.rows.length > ROWS_MAX) {
      this.rows.shift();
      this.deps.onOutcome('lost', 1);
    }
    return true;
  }

  /** Inserts what waits, unless that is going on already. Rejects when it cannot be inserted now: it stays. */
  flush(): Promise<void> {
    this.flushing ??= this.insertBatches().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  private async insertBatches(): Promise<void> {
    while (this.rows.length > 0) {
      const batch = this.rows.slice(0, BATCH_ROWS_MAX);
      await this.deps.insert(batch);
      const inserted = new Set(batch);
      this.rows = this.rows.filter((row) => !inserted.has(row));
      this.deps.onOutcome('stored', batch.length);
    }
  }
}

/** A double is read as its shortest decimal text; a negative value or one that is no number is no amount. */
function rowOf(tenant: string, point: MetricPoint, nowMs: number): ControlTotalRow | undefined {
  const { name, attributes, resource, scopeName, temporality, value } = point;
  const unit = unitOfMetric(name);
  const amount = value === undefined ? undefined : plainDecimal(String(value));
  if (
    unit === undefined ||
    amount === undefined ||
    amount.split('.')[0]!.length > WHOLE_DIGITS_MAX
  ) {
    return undefined;
  }
  const { tokenType, ...labels } = labelsOf(name, attributes, resource);
  const series = JSON.stringify([name, scopeName, sorted(resource), sorted(attributes)]);
  return {
    tenant,
    metric: name,
    unit,
    ...labels,
    token_type: tokenType,
    temporality,
    start_time: instant(point.startTimeNs),
    time: instant(point.timeNs),
    value: amount,
    series: createHash('sha256').update(series).digest().readBigUInt64LE().toString(),
    received_at: new Date(nowMs).toISOString(),
  };
}

/** `Decimal(38, 18)` has 20 places before the point. */
const WHOLE_DIGITS_MAX = 20;
/** Beyond it DateTime64(9) has no instant. */
const INSTANT_NS_MAX = 2n ** 63n - 1n;
const NS_PER_S = 1_000_000_000n;

/** In RFC 3339: seconds of few digits, as of a start that is not told, would be read as something else. */
function instant(ns: bigint): string {
  const bounded = ns > INSTANT_NS_MAX ? 0n : ns;
  const seconds = new Date(Number(bounded / NS_PER_S) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${(bounded % NS_PER_S).toString().padStart(9, '0')}Z`;
}

function sorted(map: ReadonlyMap<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
