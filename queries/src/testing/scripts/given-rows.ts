/** Tables of a script as rows of `landing`: what a collector would have written of the same spans and entries. */
import { createHash } from 'node:crypto';
import { formatInstant, type InstantNs, parseInstant } from '../../range.ts';
import { ScriptFault, type Table } from './script-text.ts';

type Row = Record<string, unknown>;
type Cells = Readonly<Record<string, string>>;

/** Columns of `spans` and `ledger` that `landing` names apart. */
const SPAN_NAMES: Cells = { kind: 'span_kind', role: 'span_role' };
const ENTRY_NAMES: Cells = { kind: 'entry_kind' };

const TIMES: readonly string[] = ['at', 'end_time', 'received_at', 'recorded_at'];
const UUIDS: readonly string[] = ['entry_id', 'reverses'];
const SPAN_IDS: readonly string[] = ['span_id', 'parent_span_id'];
const SPAN_ID_DIGITS = 16;
/** A column of a map: `tag.team`, `usage.in_uncached`. */
const MAPS: Cells = {
  tag: 'tags',
  usage: 'usage',
  price_context: 'price_context',
  bucket_usd: 'bucket_usd',
};
const NS_PER_MS = 1_000_000n;

export interface GivenTable {
  readonly table: Table;
  /** Of its heading. */
  readonly line: number;
  readonly nowNs: InstantNs;
  /** Whose rows they are where no column `tenant` says it. */
  readonly tenant: string;
}

/** Spans; what is not told is as in a span that is no LLM call. */
export function spanRows(given: GivenTable): Row[] {
  return rowsOf(given, SPAN_NAMES).map(({ at, duration_ms: durationMs, sketch, ...told }) => {
    const startNs = parseInstant(String(at), given.nowNs);
    const end = formatInstant(startNs + BigInt(String(durationMs ?? 0)) * NS_PER_MS);
    return {
      row_kind: 'span',
      start_time: at,
      end_time: end,
      received_at: end,
      span_role: 'not_llm',
      ...(sketch === undefined
        ? {}
        : { prompt_maker: 'c1', prompt_sketch: sketchOf(String(sketch)) }),
      ...told,
    };
  });
}

/** Entries; one without `cost_usd` is of a call that has no price. */
export function entryRows(given: GivenTable, firstId: number): Row[] {
  return rowsOf(given, ENTRY_NAMES).map(({ at, ...told }, index) => {
    const { calls = '1', cost_usd: cost = null } = told;
    const unpriced = cost === null ? calls : '0';
    return {
      row_kind: 'entry',
      entry_kind: 'charge',
      entry_id: uuidOf(String(firstId + index)),
      start_time: at,
      recorded_at: at,
      role: 'leaf',
      calls,
      unpriced_calls: unpriced,
      basis: cost === null ? '' : 'computed',
      list_usd: cost,
      cost_low_usd: cost,
      cost_high_usd: cost,
      ...told,
    };
  });
}

function rowsOf({ table, line, nowNs, tenant }: GivenTable, names: Cells): Row[] {
  const { heading, rows } = table;
  if (!heading.includes('at')) throw new ScriptFault(line, 'a column "at" says when each began');
  return rows.map((cells, index) => {
    const row: Row = { tenant, writer_id: 'w', batch_seq: 1 };
    for (const [at, column] of heading.entries()) {
      const cell = cells[at]!;
      if (cell !== '') put(row, column, { cell, line: line + 1 + index, nowNs, names });
    }
    if (row['at'] === undefined) throw new ScriptFault(line + 1 + index, 'the cell "at" is empty');
    return row;
  });
}

interface Given {
  readonly cell: string;
  readonly line: number;
  readonly nowNs: InstantNs;
  readonly names: Cells;
}

function put(row: Row, column: string, { cell, line, nowNs, names }: Given): void {
  const [prefix = '', ...key] = column.split('.');
  const map = key.length === 0 ? undefined : MAPS[prefix];
  if (map !== undefined) {
    row[map] = { ...(row[map] as object | undefined), [key.join('.')]: readCell(cell) };
  } else if (TIMES.includes(column)) {
    row[column] = formatInstant(readTime(cell, nowNs, line));
  } else if (UUIDS.includes(column)) {
    row[column] = uuidOf(cell);
  } else if (SPAN_IDS.includes(column)) {
    // Both stand in one column of `spans`, which takes them apart by their length.
    row[column] = cell.padStart(SPAN_ID_DIGITS, '0');
  } else {
    row[names[column] ?? column] = readCell(cell);
  }
}

function readTime(cell: string, nowNs: InstantNs, line: number): InstantNs {
  try {
    return parseInstant(cell, nowNs);
  } catch (error) {
    if (error instanceof RangeError) throw new ScriptFault(line, `${cell}: ${error.message}`);
    throw error;
  }
}

/** As an answer's cell is written. */
function readCell(cell: string): unknown {
  if (cell === 'null') return null;
  if (cell === 'true' || cell === 'false') return cell === 'true';
  return /^["[{]/.test(cell) ? JSON.parse(cell) : cell;
}

/** A small number stands for an id. */
const uuidOf = (cell: string): string =>
  /^\d{1,12}$/.test(cell) ? `00000000-0000-4000-8000-${cell.padStart(12, '0')}` : cell;

/** Bits of each byte of a sketch that are used here, so that it is text. */
const BITS = 7;

/**
 * The sketch of a prompt that is known by a word. Those of two words have about half of their bits in common, as those
 * of unlike prompts have; `word~50` has all but 50 of those of `word`.
 */
function sketchOf(cell: string): string {
  const [word = '', changed = '0'] = cell.split('~');
  const bytes = ['first', 'second'].flatMap((half) => [
    ...createHash('sha512').update(`${half} half of ${word}`).digest(),
  ]);
  const sketch = bytes.map((byte) => byte % 2 ** BITS);
  for (let bit = 0; bit < Number(changed); bit++) {
    // From the end: the beginnings are compared first.
    const at = sketch.length - 1 - Math.floor(bit / BITS);
    sketch[at] = sketch[at]! ^ (1 << (bit % BITS));
  }
  return String.fromCharCode(...sketch);
}
