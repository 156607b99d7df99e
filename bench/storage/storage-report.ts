/** What the tables of a database take on the disk, and what finding a trace or a stretch of time in them reads. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { MeasuredEngine } from './measured-engine.ts';

export interface TableBytes {
  readonly table: string;
  readonly rows: number;
  /** Everything on the disk: data, marks, indexes. */
  readonly bytesPerSpan: number;
  readonly columns: readonly { readonly column: string; readonly bytesPerSpan: number }[];
}

/** Merges each table into one part and says what it takes. Columns below 0.05 B are left out. */
export async function tableBytes(
  store: Store,
  tables: readonly string[],
  spans: number,
): Promise<TableBytes[]> {
  const found: TableBytes[] = [];
  for (const table of tables) {
    // Wide, so that the engine tells what each column takes.
    await store.command(
      `ALTER TABLE ${store.database}.${table} MODIFY SETTING min_bytes_for_wide_part = 0`,
    );
    await store.command(`OPTIMIZE TABLE ${store.database}.${table} FINAL`);
    const where = `WHERE active AND database = '${store.database}' AND table = '${table}'`;
    const [whole] = await store.query<{ rows: string; bytes: string }>(
      `SELECT toString(sum(rows)) AS rows, toString(sum(bytes_on_disk)) AS bytes FROM system.parts ${where}`,
    );
    const columns = await store.query<{ column: string; bytes: string }>(
      `SELECT column, toString(sum(column_data_compressed_bytes)) AS bytes FROM system.parts_columns ${where}
       GROUP BY column ORDER BY sum(column_data_compressed_bytes) DESC`,
    );
    found.push({
      ...{ table, rows: Number(whole?.rows ?? 0) },
      bytesPerSpan: Number(whole?.bytes ?? 0) / spans,
      columns: columns
        .map(({ column, bytes }) => ({ column, bytesPerSpan: Number(bytes) / spans }))
        .filter(({ bytesPerSpan }) => bytesPerSpan >= 0.05),
    });
  }
  return found;
}

export interface Finding {
  readonly question: string;
  readonly rows: number;
  readonly granules: number;
  readonly cpuMs: number;
}

/** Asks each question several times. `{trace}` is replaced by one id after the other. */
export async function findings(
  engine: MeasuredEngine,
  store: Store,
  asked: { questions: Readonly<Record<string, string>>; traceIds: readonly string[] },
): Promise<Finding[]> {
  const { questions, traceIds } = asked;
  const found: Finding[] = [];
  for (const [question, sql] of Object.entries(questions)) {
    const queries = traceIds.map((id) => sql.replaceAll('{trace}', id));
    const [estimate] = await store.query<{ rows: string; marks: string }>(
      `EXPLAIN ESTIMATE ${queries[0]}`,
    );
    await store.query(queries[0]!);
    const before = engine.cpuMs();
    for (const query of queries) await store.query(query);
    const cpuMs = (engine.cpuMs() - before) / queries.length;
    found.push({
      ...{ question, cpuMs },
      rows: Number(estimate?.rows ?? 0),
      granules: Number(estimate?.marks ?? 0),
    });
  }
  return found;
}
