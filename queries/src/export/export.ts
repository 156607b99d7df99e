/**
 * An export: rows of a range as one body, formatted by the engine and passed on as it comes. Text formats are asked
 * for day by day (UTC), in a total order, of what was stored when the export began: the body is the same each time,
 * memory is that of a day's reading, and the engine's place is given back between days. Parquet is one statement,
 * because each answer is a file of its own.
 */
import { coverRange } from '../coverage.ts';
import { filterSql } from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { inRangeSql } from '../instant-sql.ts';
import { NS_PER_SECOND, type Range } from '../range.ts';
import { heldSql, type Snapshot, snapshotOf, type WriterMark } from '../snapshot.ts';
import { bound, type Sql, sql } from '../sql.ts';
import { type ByteScope, type ByteStore, openByteScope, type Reader } from '../tenant-scope.ts';
import { type ChangedHours, spanOf, wasRefused } from './changed-hours.ts';
import { COST_HOURS, changedHoursOf, coverHours } from './cost-hours.ts';
import { type ExportFormat, type ExportTable, selectSlice } from './export-table.ts';
import { canResume, EXPORT_TABLES, type ExportInput } from './input.ts';
import { openResume, sealResume } from './resume-token.ts';

/** An export that can begin. */
export interface OpenExport {
  readonly range: Range;
  /** With it the export can go on where it was cut off; null where it cannot. */
  readonly resumeToken: string | null;
  /** Of `focus`: calls of the range that are no charge, because what they cost is unknown. Otherwise null. */
  readonly unpricedCalls: string | null;
  /** The whole body from its first byte. Throws in the middle when it cannot be had whole. */
  bytes(): AsyncGenerator<Uint8Array, undefined>;
}

interface ExportContext {
  readonly store: ByteStore;
  readonly reader: Reader;
  /** Signs resume tokens. */
  readonly secret: () => Uint8Array;
}

const DAY_NS = 86_400n * NS_PER_SECOND;

/** An export may take as long as its client reads; each statement of it has this limit of its own. */
export const EXPORT_STATEMENT_MS_MAX = 3_600_000;

const SETTINGS = {
  max_execution_time: EXPORT_STATEMENT_MS_MAX / 1000,
  // Columns are written under their own names: conditions and orders mean what is stored, not what is shown.
  prefer_column_name_to_alias: 1,
  // Small blocks: a day's parts are read side by side, and each holds one.
  max_block_size: 8192,
  max_bytes_before_external_group_by: 500_000_000,
  max_bytes_before_external_sort: 500_000_000,
  output_format_json_quote_64bit_integers: 0,
  output_format_json_escape_forward_slashes: 0,
  enable_named_columns_in_function_tuple: 1,
  output_format_csv_crlf_end_of_line: 1,
  format_csv_null_representation: '',
  // A row group is held in memory until it is written.
  output_format_parquet_row_group_size: 100_000,
  output_format_parquet_row_group_size_bytes: 64_000_000,
} as const;

const FORMAT_NAMES = { csv: 'CSV', ndjson: 'LineAsString', parquet: 'Parquet' } as const;

interface Plan {
  readonly table: ExportTable;
  readonly input: ExportInput;
  readonly scope: ByteScope;
  readonly range: Range;
  /** A condition on its rows: what was stored when the export began; null: whatever is stored. */
  readonly held: Sql | null;
  /** Days since 1970 on which there is anything, ascending. */
  readonly days: readonly bigint[];
}

/**
 * Opens an export for one reader. Throws ForbiddenQuestion, ExpiredQuestion, InputProblem for a token that is not of
 * this export, and what the store throws.
 */
export async function openExport(context: ExportContext, asked: ExportInput): Promise<OpenExport> {
  const { store, reader, secret } = context;
  const scope = openByteScope(store, reader, { by: [], filters: asked.filters });
  const purpose = { input: asked, reader, secret };
  const resumed = asked.resume === null ? null : openResume(purpose, asked.resume.token);
  const range =
    resumed === null ? asked.range : { fromNs: BigInt(resumed.from), toNs: BigInt(resumed.to) };
  const input = { ...asked, range };
  const table = EXPORT_TABLES[input.name];
  const [stored] = await Promise.all([
    scope.query<Written>(writtenSql(scope, { table, input, snapshot: resumed?.snapshot ?? null })),
    refuseExpiredEntries(scope, input),
  ]);
  const marks = { asOfNs: asked.nowNs, marksMax: MARKS_MAX };
  const taken = resumed?.snapshot ?? snapshotOf(writersOf(stored), marks);
  const snapshot = isHeld(table, input, taken) ? taken : null;
  const days = [...new Set(stored.flatMap((row) => row.days))].sort((a, b) => a - b).map(BigInt);
  const held = snapshot === null ? null : heldRows(table, snapshot);
  const plan: Plan = { table, input, scope, range, held, days };
  const position = { from: range.fromNs.toString(), to: range.toNs.toString() };
  return {
    range,
    resumeToken:
      snapshot !== null && canResume(input) ? sealResume(purpose, { ...position, snapshot }) : null,
    unpricedCalls:
      input.name === 'focus'
        ? stored.reduce((sum, row) => sum + BigInt(row.unpriced), 0n).toString()
        : null,
    bytes: () => readAll(plan),
  };
}

/** What is there of a writer: the days of its rows, since 1970, and the highest batch. */
interface Written extends Readonly<Record<'writer' | 'seq' | 'unpriced', string>> {
  readonly days: readonly number[];
}

/** A token stands in a header and a URL. */
const MARKS_MAX = 64;

/** Those that wrote of the latest day first. */
function writersOf(stored: readonly Written[]): readonly WriterMark[] {
  return stored
    .map(({ writer, seq, days }) => ({ writer, seq: BigInt(seq), lastDay: Math.max(...days) }))
    .sort((a, b) => b.lastDay - a.lastDay);
}

/** With a snapshot, only what it holds is counted. */
function writtenSql(
  scope: ByteScope,
  { table, input, snapshot }: Pick<Plan, 'table' | 'input'> & { snapshot: Snapshot | null },
): Sql {
  const { source } = table;
  const { range, filters } = input;
  const [time, within] =
    source === 'cost_hourly'
      ? [sql`hour`, sql` AND ${touchesHourSql(range)}`]
      : [sql`start_time`, inRangeSql(range)];
  // Of spans and hours all days are taken: looking for filters would be reading them once more.
  const filter = source === 'ledger' ? filterSql(filters, 'ledger') : sql``;
  const held = snapshot === null ? sql`true` : heldRows(table, snapshot);
  const unpriced = input.name === 'focus' ? sql`sumIf(unpriced_calls, ${held})` : sql`0`;
  // Two keys to group by would take half as long again. Groups are turned into text once they are few.
  return sql`SELECT toString(written_by) AS writer, toString(newest) AS seq, toString(told) AS unpriced, days
    FROM (SELECT writer_id AS written_by, max(batch_seq) AS newest, ${unpriced} AS told, groupUniqArray(toUInt32(toDate(${time}))) AS days
      ${scope.from(source)}${within}${filter} GROUP BY written_by)`;
}

function touchesHourSql({ fromNs, toNs }: Range): Sql {
  return sql`hour >= toStartOfHour(toDateTime(${bound('UInt32', fromNs / NS_PER_SECOND)}, 'UTC'))
    AND toUInt64(toUnixTimestamp(hour)) * 1000000000 < ${bound('UInt64', toNs)}`;
}

/**
 * Whether what came after an export began is left out of it. Sums of the rollups are told before any is written only
 * where they are put in order, and have no time that tells what writers had stored for which a token has no room.
 */
function isHeld(table: ExportTable, input: ExportInput, { complete }: Snapshot): boolean {
  return table.source !== 'cost_hourly' || (complete && canResume(input));
}

/** Of a rollup too, where every writer has a mark: no time is looked at then. */
function heldRows({ source }: ExportTable, snapshot: Snapshot): Sql {
  return heldSql(snapshot, source === 'spans' ? sql`received_at` : sql`recorded_at`);
}

/** Spans are exported as they are kept; money that is not there any more would make a smaller bill. */
async function refuseExpiredEntries(scope: ByteScope, input: ExportInput): Promise<void> {
  const { name, range, nowNs } = input;
  if (name === 'spans') return;
  const coverage = name === 'costs' ? coverHours(input) : coverRange(range, null);
  // By hour: where only days or entries know the filter, nothing but the entries answers.
  const dimensions = coverage.whole === null ? null : input.filters.map((one) => one.dimension);
  await refuseExpired(scope, { coverage, dimensions, nowNs });
}

async function* readAll(plan: Plan): AsyncGenerator<Uint8Array, undefined> {
  let isFirst = true;
  for (const range of slicesOf(plan)) {
    yield* plan.table === COST_HOURS
      ? readHours(plan, { range, isFirst })
      : readRows(plan, { range, isFirst, changedHours: [] });
    isFirst = false;
  }
  // A day is told to have expired before any of it goes: an export that lacks some does not end well.
  await refuseExpiredEntries(plan.scope, plan.input);
  return undefined;
}

interface SliceOf {
  readonly range: Range;
  readonly isFirst: boolean;
}

/** Batches that come within milliseconds of each other. */
const ATTEMPTS_MAX = 5;

/** Hours that were added to meanwhile are told by the ledger; so are those that are just before they are read. */
async function* readHours(plan: Plan, of: SliceOf): AsyncGenerator<Uint8Array, undefined> {
  const { scope, input, held } = plan;
  const slice = { range: of.range, filters: input.filters, held };
  for (let attempt = 1; ; attempt += 1) {
    const changedHours = await changedHoursOf(scope, slice);
    if (changedHours.length > 0) {
      const coverage = coverRange(spanOf(changedHours), null);
      await refuseExpired(scope, { coverage, dimensions: null, nowNs: input.nowNs });
    }
    try {
      // Sums are put in order before any is told: a refusal comes before the first byte.
      return yield* readRows(plan, { ...of, changedHours });
    } catch (thrown) {
      if (!wasRefused(thrown) || attempt === ATTEMPTS_MAX) throw thrown;
    }
  }
}

async function* readRows(
  { scope, input, table, held }: Plan,
  { range, isFirst, changedHours }: SliceOf & { readonly changedHours: ChangedHours },
): AsyncGenerator<Uint8Array, undefined> {
  const { format, filters } = input;
  const slice = { range, filters, held, changedHours };
  const statement = selectSlice(table, format, { scope, slice });
  const settings = {
    ...SETTINGS,
    ...(table === COST_HOURS ? { max_block_size: 65_536 } : {}),
    output_format_json_skip_null_value_in_named_tuples: table.nullMembers ? 0 : 1,
  };
  yield* await scope.bytes(statement, formatName(format, isFirst), settings);
  return undefined;
}

/** Each answer with a header is a file of its own, so that only the first has one. */
function formatName(format: ExportFormat, isFirst: boolean): string {
  return format === 'csv' && isFirst ? 'CSVWithNames' : FORMAT_NAMES[format];
}

/** The range by UTC days that have rows; whole for Parquet, and where there is nothing but a header to write. */
function slicesOf({ input, range, days }: Plan): readonly Range[] {
  if (input.format === 'parquet' || days.length === 0) return [range];
  return days
    .map((day) => {
      const [start, end] = [day * DAY_NS, (day + 1n) * DAY_NS];
      return {
        fromNs: start > range.fromNs ? start : range.fromNs,
        toNs: end < range.toNs ? end : range.toNs,
      };
    })
    .filter(({ fromNs, toNs }) => fromNs < toNs);
}
