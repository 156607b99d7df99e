// The `control` table in ClickHouse, embedded or not.
// Invariant: rows are only ever inserted; a repeated insert is told apart by `rowKeyOf` when it is read.
import { z } from 'zod';
import { type ControlStore, controlRowSchema, rowKeyOf, toJsonRow } from './control-store.ts';

/** What is needed of clickhouse/src/store.ts. */
export interface ControlDatabase {
  query<T>(sql: string, params: Record<string, unknown>): Promise<T[]>;
  insertRows(table: string, rows: readonly Record<string, unknown>[]): Promise<unknown>;
}

const SELECT_ROWS = `
SELECT toString(version) AS version, toString(recorded_at) AS recorded_at,
       actor, tenant, kind, id, payload, deleted
FROM control
WHERE control.version > {since:UInt64}
ORDER BY control.version, kind, id, control.recorded_at, actor`;

const SELECT_TOTAL =
  'SELECT toString(uniqExact((version, kind, id, recorded_at, actor))) AS total FROM control';

const storedRowSchema = controlRowSchema.transform((row) => ({
  ...row,
  recordedAt: toIsoInstant(row.recordedAt),
}));
const totalSchema = z.object({ total: z.coerce.number().int().nonnegative() });

/** ClickHouse's `2026-08-20 12:00:00.123000000`, in UTC by the column's type, to ISO 8601. */
function toIsoInstant(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`;
}

function toClickHouseInstant(iso: string): string {
  return iso.replace('T', ' ').replace('Z', '');
}

export function createClickHouseControlStore(database: ControlDatabase): ControlStore {
  return {
    load: async (sinceVersion) => {
      const found = await database.query<unknown>(SELECT_ROWS, { since: String(sinceVersion) });
      const counted = await database.query<unknown>(SELECT_TOTAL, {});
      const rows = new Map(
        found.map((row) => storedRowSchema.parse(row)).map((row) => [rowKeyOf(row), row]),
      );
      return { rows: [...rows.values()], total: totalSchema.parse(counted[0]).total };
    },
    append: async (rows) => {
      const stored = rows.map((row) => {
        const json = toJsonRow(row);
        return { ...json, recorded_at: toClickHouseInstant(json.recorded_at) };
      });
      await database.insertRows('control', stored);
    },
  };
}
