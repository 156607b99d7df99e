/** The columns of an `entry` row in the landing table, as one Native block. Names and types are the migration's. */
import { NativeBlock } from '@ai-cost-profiler/clickhouse/native/block.ts';
import {
  ByteColumn,
  Int64Column,
  StringColumn,
  UInt16Column,
  UuidColumn,
} from '@ai-cost-profiler/clickhouse/native/columns.ts';
import { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import {
  DecimalMapColumn,
  StringMapColumn,
} from '@ai-cost-profiler/clickhouse/native/map-columns.ts';
import { NullableIntegerColumn } from '@ai-cost-profiler/clickhouse/native/nullable-integer-column.ts';
import { NullableUuidColumn } from '@ai-cost-profiler/clickhouse/native/nullable-uuid-column.ts';
import {
  MEASURED_UNITS,
  USAGE_KEYS,
  type Usage,
  type UsageKey,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import { CONTEXT_COLUMNS } from './append-context.ts';

const INSTANT = "DateTime64(9, 'UTC')";
const MONEY = 'Decimal(38, 18)';
const MEASURED: ReadonlySet<string> = new Set(MEASURED_UNITS);

function usageColumns(): Record<UsageKey, NullableIntegerColumn> {
  const columns = {} as Record<UsageKey, NullableIntegerColumn>;
  for (const key of USAGE_KEYS) {
    columns[key] = new NullableIntegerColumn(MEASURED.has(key) ? 'Decimal(38, 9)' : 'Int64');
  }
  return columns;
}

function amountColumns() {
  return {
    basis: new LowCardinalityColumn(),
    inexact: new ByteColumn('Bool'),
    list_usd: new NullableIntegerColumn(MONEY),
    cost_usd: new NullableIntegerColumn(MONEY),
    cost_low_usd: new NullableIntegerColumn(MONEY),
    cost_high_usd: new NullableIntegerColumn(MONEY),
    reported_usd: new NullableIntegerColumn(MONEY),
    sampled_calls: new Int64Column('Int64'),
    sampled_out_usd: new NullableIntegerColumn(MONEY),
    cache_priced_calls: new Int64Column('Int64'),
    cache_saved_usd: new NullableIntegerColumn(MONEY),
    cache_missed_usd: new NullableIntegerColumn(MONEY),
    bucket_usd: new DecimalMapColumn([], 18),
  };
}

function createColumns() {
  return {
    row_kind: new ByteColumn("Enum8('span' = 1, 'entry' = 2)"),
    entry_id: new UuidColumn(),
    entry_kind: new ByteColumn('Int8'),
    reverses: new NullableUuidColumn(),
    recorded_at: new Int64Column(INSTANT),
    tenant: new LowCardinalityColumn(),
    start_time: new Int64Column(INSTANT),
    trace_id: new StringColumn(),
    span_id: new StringColumn(),
    role: new LowCardinalityColumn(),
    role_reason: new LowCardinalityColumn(),
    service: new LowCardinalityColumn(),
    environment: new LowCardinalityColumn(),
    provider: new LowCardinalityColumn(),
    model: new LowCardinalityColumn(),
    operation: new LowCardinalityColumn(),
    feature: new LowCardinalityColumn(),
    agent: new LowCardinalityColumn(),
    prompt: new LowCardinalityColumn(),
    prompt_version: new LowCardinalityColumn(),
    user: new StringColumn(),
    session: new StringColumn(),
    tool: new LowCardinalityColumn(),
    tags: new StringMapColumn(),
    over_limit: new UInt16Column(),
    request_model: new LowCardinalityColumn(),
    response_model: new LowCardinalityColumn(),
    response_id: new StringColumn(),
    service_tier: new LowCardinalityColumn(),
    batch: new ByteColumn('Bool'),
    speed: new LowCardinalityColumn(),
    region: new LowCardinalityColumn(),
    price_context: new StringMapColumn(),
    context_tokens: new NullableIntegerColumn('Int64'),
    semantics: new LowCardinalityColumn(),
    evidence: new LowCardinalityColumn(),
    calls: new Int64Column('Int64'),
    unpriced_calls: new Int64Column('Int64'),
    unpriced_reason: new LowCardinalityColumn(),
    unpriced_detail: new LowCardinalityColumn(),
    ...usageColumns(),
    ...amountColumns(),
    book_version: new LowCardinalityColumn(),
    rules_version: new LowCardinalityColumn(),
    note: new StringColumn(),
  };
}

export type EntryColumns = ReturnType<typeof createColumns>;

export class EntryBlock extends NativeBlock<EntryColumns> {
  /** In the order of USAGE_KEYS. */
  private readonly quantities = USAGE_KEYS.map((key) => this.columns[key]);

  /** The quantities of the row that is being written; those that are absent are NULL. */
  appendUsage(usage: Usage): void {
    let key: UsageKey;
    for (key in usage) {
      this.atRow(this.columns[key]).append(usage[key]);
    }
  }

  /** A token bucket of the row that is being written, by its place in TOKEN_BUCKETS: a whole number. */
  appendBucket(at: number, count: number): void {
    this.atRow(this.quantities[at]!).appendNumber(count);
  }
}

export function createEntryBlock(): EntryBlock {
  return new EntryBlock(createColumns(), [...CONTEXT_COLUMNS, ...USAGE_KEYS]);
}
