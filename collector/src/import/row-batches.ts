/**
 * Rows of a file in batches that one request carries, each row with what it is known by. Columns that say nothing of a
 * call (prompts and answers above all) stay where they are.
 */
import { EqualRows } from './equal-rows.ts';
import type { FileRecord } from './file-record.ts';
import { type Columns, ImportRecord } from './record.ts';
import { ownIdCell, prunerOf } from './row-identity.ts';
import { canonical } from './row-ids.ts';
import type { ImportSource, RowFault } from './source.ts';

export interface BatchedRow {
  readonly line: number;
  readonly nth: number;
  readonly columns: Columns;
}

export interface RowBatch {
  readonly rows: readonly BatchedRow[];
  /** What stands between them and is no row. */
  readonly faults: readonly { readonly line: number; readonly fault: RowFault }[];
}

export interface BatchLimits {
  readonly rowsMax: number;
  readonly charsMax: number;
}

/** The rows of each tenant that they name: what is refused for one says nothing of the others. */
export function rowsByTenant(source: ImportSource, rows: readonly BatchedRow[]): BatchedRow[][] {
  const names = source.columns.flatMap((column) =>
    'place' in column && column.place === 'tenant' ? column.names : [],
  );
  if (names.length === 0) return [[...rows]];
  const byTenant = new Map<unknown, BatchedRow[]>();
  for (const row of rows) {
    const tenant = new ImportRecord(row.columns).find(names)?.cell;
    const known = byTenant.get(tenant);
    if (known === undefined) byTenant.set(tenant, [row]);
    else known.push(row);
  }
  return [...byTenant.values()];
}

export async function* rowBatches(
  source: ImportSource,
  records: AsyncIterable<FileRecord>,
  { rowsMax, charsMax }: BatchLimits,
): AsyncGenerator<RowBatch> {
  const prune = prunerOf(source);
  const equal = new EqualRows();
  let rows: BatchedRow[] = [];
  let faults: { line: number; fault: RowFault }[] = [];
  let chars = 0;
  for await (const record of records) {
    if ('fault' in record) faults.push(record);
    else {
      const columns = prune(record.columns);
      const text = canonical(columns);
      const isKnown =
        source.identity !== undefined || ownIdCell(source, new ImportRecord(columns)) !== undefined;
      rows.push({ line: record.line, nth: isKnown ? 0 : equal.next(text), columns });
      chars += text.length;
    }
    if (rows.length + faults.length < rowsMax && chars < charsMax) continue;
    yield { rows, faults };
    rows = [];
    faults = [];
    chars = 0;
  }
  if (rows.length + faults.length > 0) yield { rows, faults };
}
