/** Rows of the landing table, as a collector writes them: spans of traces, and the entries of their calls. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { formatInstant, type InstantNs } from '../range.ts';

interface Stored {
  readonly tenant: string;
  readonly trace: string;
  readonly span: string;
  /** Nanoseconds since 1970. */
  readonly startNs: InstantNs;
  readonly writer: string;
  readonly batch: number;
  /** When it was received, or recorded. */
  readonly atNs: InstantNs;
  /** Further columns of `landing`, as JSON. */
  readonly columns?: Readonly<Record<string, unknown>>;
}

export interface StoredSpan extends Stored {
  readonly parent?: string;
  readonly durationNs?: bigint;
  readonly name?: string;
  readonly isError?: boolean;
}

export interface StoredEntry extends Stored {
  readonly kind?: 'charge' | 'reversal' | 'reprice' | 'adjustment';
  readonly calls?: number;
  /** A plain decimal; null: unpriced. */
  readonly costUsd: string | null;
}

/** Stores them, as one batch would be; of several batches each in its turn. */
export async function land(
  store: Store,
  rows: readonly (StoredSpan | StoredEntry)[],
): Promise<void> {
  const stored = rows.map((row) => ({
    tenant: row.tenant,
    trace_id: row.trace,
    span_id: row.span,
    start_time: formatInstant(row.startNs),
    writer_id: row.writer,
    batch_seq: row.batch,
    ...('costUsd' in row ? entryColumns(row) : spanColumns(row)),
    ...row.columns,
  }));
  const settings = { max_partitions_per_insert_block: 0 };
  await store.insertRows('landing', stored, { settings });
}

function spanColumns(row: StoredSpan): Record<string, unknown> {
  return {
    row_kind: 'span',
    parent_span_id: row.parent ?? '',
    end_time: formatInstant(row.startNs + (row.durationNs ?? 0n)),
    name: row.name ?? '',
    status_code: row.isError === true ? 'ERROR' : 'UNSET',
    received_at: formatInstant(row.atNs),
    span_role: 'not_llm',
    service: 'shop',
  };
}

function entryColumns(row: StoredEntry): Record<string, unknown> {
  const calls = row.calls ?? 1;
  return {
    row_kind: 'entry',
    entry_kind: row.kind ?? 'charge',
    entry_id: crypto.randomUUID(),
    recorded_at: formatInstant(row.atNs),
    calls,
    unpriced_calls: row.costUsd === null ? calls : 0,
    list_usd: row.costUsd,
    cost_usd: row.costUsd,
    cost_low_usd: row.costUsd,
    cost_high_usd: row.costUsd,
    role: 'leaf',
    model: 'm',
  };
}
