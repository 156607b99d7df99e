/**
 * What the rollups cost beside inserts and queries: bytes on disk, and the processor time of
 * merging everything into one part. Also fills the tables that the queries are measured on.
 */
import { type Engine, measure, median, readValue } from './engine.ts';
import { ROLLUPS, type Scheme } from './schemes.ts';
import { insertSegmentSql, writeSegment } from './traffic.ts';

export type Filled = Exclude<Scheme, 'plain'>;
const FILLED: readonly Filled[] = ['views', 'projections'];
const DAYS = 30;

export interface Upkeep {
  readonly scheme: Filled;
  readonly ledgerRows: number;
  readonly rollupRows: number;
  readonly ledgerBytes: number;
  readonly rollupBytes: number;
  readonly mergeCpuMs: number;
  readonly mergeWallMs: number;
}

export interface FillPlan {
  readonly entries: number;
  readonly segmentRows: number;
  readonly segmentPath: string;
  readonly progress: (text: string) => void;
}

/** Spreads the entries over 30 days, a segment a day in turn. Answers the medians of insert cost. */
export async function fillLedgers(engine: Engine, plan: FillPlan): Promise<Record<Filled, number>> {
  const cpu: Record<Filled, number[]> = { views: [], projections: [] };
  const segments = Math.max(1, Math.round(plan.entries / plan.segmentRows));
  for (let index = 0; index < segments; index += 1) {
    await writeSegment(
      engine,
      {
        rows: plan.segmentRows,
        day: index % DAYS,
        seed: index + 1,
        shape: 'correlated',
        entriesOnly: true,
      },
      plan.segmentPath,
    );
    for (const scheme of index % 2 === 0 ? FILLED : FILLED.toReversed()) {
      const insert = insertSegmentSql(scheme, plan.segmentPath, index + 1);
      cpu[scheme].push((await measure(() => engine.run(insert))).cpuMs);
    }
    plan.progress(`filled ${index + 1} of ${segments} segments`);
  }
  return { views: median(cpu.views), projections: median(cpu.projections) };
}

const PART_SUMS = 'sum(rows), sum(bytes_on_disk) FROM system';

async function sumParts(engine: Engine, from: string): Promise<[number, number]> {
  const row = (await engine.rows(`SELECT ${PART_SUMS}.${from}`))[0] ?? [];
  return [Number(row[0]), Number(row[1])];
}

/** Merges ledger and rollups of each scheme to the end, and reads what is on disk then. */
export async function measureUpkeep(engine: Engine): Promise<Upkeep[]> {
  const upkeep: Upkeep[] = [];
  for (const scheme of FILLED) {
    const tables = scheme === 'views' ? ['ledger', ...ROLLUPS] : ['ledger'];
    const merge = await measure(async () => {
      for (const table of tables) {
        await engine.run(`SYSTEM START MERGES ${scheme}.${table}`);
        await engine.run(`OPTIMIZE TABLE ${scheme}.${table} FINAL`);
      }
    });
    const here = `active AND database = '${scheme}'`;
    const [ledgerRows, partBytes] = await sumParts(
      engine,
      `parts WHERE ${here} AND table = 'ledger'`,
    );
    const [rollupRows, rollupBytes] = await sumParts(
      engine,
      scheme === 'views'
        ? `parts WHERE ${here} AND table IN ('cost_hourly', 'cost_daily')`
        : `projection_parts WHERE ${here} AND table = 'ledger'`,
    );
    // A part's bytes include those of its projections.
    const ledgerBytes = scheme === 'views' ? partBytes : partBytes - rollupBytes;
    const { cpuMs: mergeCpuMs, wallMs: mergeWallMs } = merge;
    upkeep.push({
      scheme,
      ledgerRows,
      rollupRows,
      ledgerBytes,
      rollupBytes,
      mergeCpuMs,
      mergeWallMs,
    });
  }
  return upkeep;
}

/** Total of a rollup under the name that users query. */
export function rollupTotal(engine: Engine, database: string): Promise<string> {
  return readValue(engine, `SELECT sum(cost_usd) FROM ${database}.cost_hourly`);
}
