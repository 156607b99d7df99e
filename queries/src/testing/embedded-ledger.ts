/**
 * A ledger in an engine that nobody else uses meanwhile, filled through the landing table as the writer fills it, so
 * that query tests run on the real store, tables and views.
 */
import { buildDayStatement } from '@ai-cost-profiler/clickhouse/day-totals.ts';
import type { StartEngineOptions } from '@ai-cost-profiler/clickhouse/engine/supervise.ts';
import { storeAddress } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { borrowMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-kept-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Dimension } from '../dimensions.ts';
import { FIGURE_COLUMNS, type FigureColumn } from '../figures.ts';

/** One ledger entry; what is not given is empty. `at` is nanoseconds since the epoch. */
export interface Entry {
  readonly tenant: string;
  readonly at: bigint;
  readonly dimensions?: { readonly [D in Dimension]?: string };
  readonly figures?: { readonly [C in FigureColumn]?: string };
  readonly overLimit?: number;
  readonly unpriced?: { readonly reason: string; readonly detail: string };
  readonly trace?: string;
  readonly span?: string;
  /** A charge, when not given. */
  readonly kind?: 'charge' | 'reversal' | 'reprice';
  /** When it was booked; 0, when not given. */
  readonly recordedAt?: bigint;
  /** Of the batch it came with; `w` and 1, when not given. */
  readonly writer?: string;
  readonly batch?: number;
}

/** One stored span, as far as questions look at it. */
export interface SpanRow {
  readonly tenant: string;
  readonly receivedAt: bigint;
  readonly role: 'leaf' | 'not_llm';
  /** When it started; now, when not given. */
  readonly at?: bigint;
  readonly trace?: string;
  readonly writer?: string;
  readonly span?: string;
  readonly prompt?: PromptFacts;
}

/** What is stored of a call's prompt; the sketch in hexadecimal digits. */
export interface PromptFacts {
  readonly maker: string;
  readonly sketchHex: string;
  readonly boundaries: string;
}

export interface EmbeddedLedger {
  readonly store: Store;
  insert(entries: readonly Entry[]): Promise<void>;
  insertSpans(spans: readonly SpanRow[]): Promise<void>;
  /** Makes totals of a tenant's UTC day (YYYY-MM-DD), of what is stored now. */
  buildDay(tenant: string, day: string): Promise<void>;
  /** The same as a program of before migration 17, which does not know what caches saved: by model alone, and all. */
  buildDayAsBefore(tenant: string, day: string, build: bigint): Promise<void>;
  /** Notes that settle has passed over what was received until then. */
  settledThrough(through: bigint, recordedAt: bigint): Promise<void>;
  /** Empties every table but `spans`, which is faster than another engine. */
  clear(): Promise<void>;
  /** Empties that one too. */
  clearSpans(): Promise<void>;
  close(): Promise<void>;
}

const DATABASE = 'aicost';

/** `options` are those of its engine, which without any is the one that this process keeps. */
export async function openEmbeddedLedger(
  options?: Partial<StartEngineOptions>,
): Promise<EmbeddedLedger> {
  const engine = await (options === undefined
    ? borrowMigratedEngine()
    : startMigratedEngine(options));
  const store = createStore({
    kind: 'embedded',
    database: DATABASE,
    ...storeAddress(engine.address),
  });
  const run = (statement: string) => store.command(statement);
  let builds = 0n;
  return {
    store,
    insert: async (entries) => {
      if (entries.length > 0) await run(insertStatement(entries));
    },
    insertSpans: async (spans) => {
      const rows = spans.map(
        ({ tenant, receivedAt, role, at, trace = '', span = '', writer = 'w', prompt }) =>
          `('span', ${quote(tenant)}, ${instant(receivedAt)}, ${at === undefined ? 'now()' : instant(at)}, '${role}', ${quote(trace)}, ${quote(span)}, ${quote(writer)}, ${promptValues(prompt)})`,
      );
      await run(
        `INSERT INTO ${DATABASE}.landing (row_kind, tenant, received_at, start_time, span_role, trace_id, span_id, writer_id, prompt_maker, prompt_sketch, prompt_boundaries) SETTINGS max_partitions_per_insert_block = 0 VALUES ${rows.join(', ')}`,
      );
    },
    buildDay: async (tenant, day) => {
      builds += 1n;
      const { sql, ...options } = buildDayStatement(DATABASE, {
        tenants: [tenant],
        day,
        build: builds,
      });
      await store.command(sql, options);
    },
    buildDayAsBefore: (tenant, day, build) => run(oldBuildStatement(tenant, day, build)),
    settledThrough: (through, recordedAt) =>
      run(
        `INSERT INTO ${DATABASE}.settle_marks (through, recorded_at) SELECT ${instant(through)}, ${instant(recordedAt)}`,
      ),
    clear: async () => {
      await run(`TRUNCATE TABLES FROM ${DATABASE} LIKE 'ledger'`);
      await run(`TRUNCATE TABLES FROM ${DATABASE} LIKE 'cost_%'`);
      await run(`TRUNCATE TABLE ${DATABASE}.traces`);
      await run(`TRUNCATE TABLE ${DATABASE}.settle_marks`);
    },
    clearSpans: () => run(`TRUNCATE TABLE ${DATABASE}.spans`),
    close: async () => {
      await store.close();
      await engine.remove();
    },
  };
}

function oldBuildStatement(tenant: string, day: string, build: bigint): string {
  return `INSERT INTO ${DATABASE}.cost_day_totals (tenant, day, dimension, value, calls, unpriced_calls, in_uncached, cost_usd, batch_seq, build)
    SELECT tenant, toDate('${day}'), multiIf(grouping(model) = 0, 'model', grouping(writer_id) = 0, 'writer', ''),
      multiIf(grouping(model) = 0, toString(model), grouping(writer_id) = 0, toString(writer_id), ''),
      sum(source.calls), sum(source.unpriced_calls), sum(source.in_uncached), sum(source.cost_usd), max(source.batch_seq), ${build}
    FROM ${DATABASE}.cost_hourly AS source WHERE tenant = ${quote(tenant)} AND toDate(hour) = '${day}'
    GROUP BY GROUPING SETS ((tenant, model), (tenant, writer_id), (tenant))
    SETTINGS force_grouping_standard_compatibility = 1`;
}

function instant(ns: bigint): string {
  return `fromUnixTimestamp64Nano(toInt64('${ns}'), 'UTC')`;
}

function promptValues(prompt: PromptFacts | undefined): string {
  const { maker = '', sketchHex = '', boundaries = '' } = prompt ?? {};
  return `${quote(maker)}, unhex(${quote(sketchHex)}), ${quote(boundaries)}`;
}

function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function insertStatement(entries: readonly Entry[]): string {
  const columns = new Set<string>();
  for (const entry of entries) {
    for (const key of Object.keys(entry.dimensions ?? {})) {
      if (!key.startsWith('tag.')) columns.add(key);
    }
    for (const key of Object.keys(entry.figures ?? {})) columns.add(key);
  }
  const names = [...columns];
  const rows = entries.map((entry) => `(${entryValues(entry, names).join(', ')})`);
  const fixed =
    'row_kind, entry_kind, entry_id, writer_id, batch_seq, recorded_at, tenant, start_time, over_limit, unpriced_reason, unpriced_detail, trace_id, span_id, tags';
  return `INSERT INTO ${DATABASE}.landing (${[fixed, ...names].join(', ')}) SETTINGS max_insert_threads = 1, max_partitions_per_insert_block = 0 VALUES ${rows.join(', ')}`;
}

function entryValues(entry: Entry, names: readonly string[]): string[] {
  const given: Record<string, string | undefined> = { ...entry.dimensions, ...entry.figures };
  const tags = Object.entries(entry.dimensions ?? {})
    .filter(([key]) => key.startsWith('tag.'))
    .map(([key, value]) => `${quote(key.slice('tag.'.length))}: ${quote(value ?? '')}`);
  const figureNames = new Set<string>(FIGURE_COLUMNS);
  return [
    `'entry', '${entry.kind ?? 'charge'}', generateUUIDv4()`,
    quote(entry.writer ?? 'w'),
    String(entry.batch ?? 1),
    instant(entry.recordedAt ?? 0n),
    quote(entry.tenant),
    instant(entry.at),
    String(entry.overLimit ?? 0),
    quote(entry.unpriced?.reason ?? ''),
    quote(entry.unpriced?.detail ?? ''),
    quote(entry.trace ?? ''),
    quote(entry.span ?? ''),
    `{${tags.join(', ')}}`,
    ...names.map((column) => {
      const value = given[column];
      if (value !== undefined) return quote(value);
      if (column.endsWith('calls')) return '0';
      return figureNames.has(column) ? 'NULL' : "''";
    }),
  ];
}
