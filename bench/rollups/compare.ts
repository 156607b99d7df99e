/**
 * The comparison as a whole: every measurement, in one data directory and one run, so that ratios
 * are of the same machine in the same minutes.
 */
import { join } from 'node:path';
import { type Engine, openEngine, readValue } from './engine.ts';
import { type ExpiryCase, type MaskingResult, measureExpiry, measureMasking } from './expiry.ts';
import { type InsertCost, measureInserts } from './insert-cost.ts';
import { type KillResult, runKillTest } from './kill-test.ts';
import { measureQueries, type QueryTime } from './query-time.ts';
import { createScheme, SCHEMES } from './schemes.ts';
import { writeSegment } from './traffic.ts';
import { type Filled, fillLedgers, measureUpkeep, type Upkeep } from './upkeep.ts';

/** What can be measured by itself: a long run is cut into these. */
export const PARTS = ['inserts', 'queries', 'kills', 'removals'] as const;
export type Part = (typeof PARTS)[number];

export interface Plan {
  readonly parts: readonly Part[];
  /** Ledger entries that the queries are measured on. */
  readonly entries: number;
  /** SIGKILLs of each scheme. */
  readonly kills: number;
  /** Rows of a segment in the insert measurement and in the fill. */
  readonly rows: number;
  /** Rows of a segment in the kill test. */
  readonly killRows: number;
  /** Rounds of each timed measurement, after one that is not counted. */
  readonly rounds: number;
}

export interface QueryPart {
  readonly fillCpuMs: Readonly<Record<Filled, number>>;
  readonly unmerged: readonly QueryTime[];
  readonly upkeep: readonly Upkeep[];
  readonly merged: readonly QueryTime[];
}

export interface RemovalPart {
  readonly expiry: readonly ExpiryCase[];
  readonly masking: MaskingResult;
}

/** One field for each part that was asked for. */
export interface Comparison {
  readonly plan: Plan;
  readonly engineVersion: string;
  readonly kills?: readonly KillResult[];
  readonly inserts?: readonly InsertCost[];
  readonly queries?: QueryPart;
  readonly removals?: RemovalPart;
}

/** Where a part works and whom it tells how far it is. */
interface Bench {
  readonly engine: Engine;
  readonly plan: Plan;
  readonly workDir: string;
  readonly segmentPath: string;
  readonly progress: (text: string) => void;
}

/** Runs everything below `workDir`, which must be empty. `progress` gets a line now and then. */
export async function compareRollups(
  plan: Plan,
  workDir: string,
  progress: (text: string) => void,
): Promise<Comparison> {
  const engine = openEngine(join(workDir, 'measured'));
  const bench = { engine, plan, workDir, segmentPath: join(workDir, 'segment.native'), progress };
  const asked = (part: Part) => plan.parts.includes(part);
  try {
    for (const scheme of SCHEMES) {
      await createScheme(engine, scheme, scheme);
    }
    return {
      plan,
      engineVersion: await readValue(engine, 'SELECT version()'),
      ...(asked('kills') ? { kills: await killEachScheme(bench) } : {}),
      ...(asked('inserts') ? { inserts: await insertsOf(bench) } : {}),
      ...(asked('queries') ? { queries: await queriesOf(bench) } : {}),
      ...(asked('removals') ? { removals: await removalsOf(bench) } : {}),
    };
  } finally {
    engine.close();
  }
}

function insertsOf({ engine, plan, segmentPath, progress }: Bench): Promise<InsertCost[]> {
  progress('measuring inserts');
  return measureInserts(engine, { rows: plan.rows, rounds: plan.rounds, segmentPath });
}

async function queriesOf({ engine, plan, segmentPath, progress }: Bench): Promise<QueryPart> {
  const { entries, rows: segmentRows, rounds } = plan;
  const fillCpuMs = await fillLedgers(engine, { entries, segmentRows, segmentPath, progress });
  progress('measuring queries');
  const unmerged = await measureQueries(engine, rounds);
  const upkeep = await measureUpkeep(engine);
  const merged = await measureQueries(engine, rounds);
  return { fillCpuMs, unmerged, upkeep, merged };
}

async function removalsOf({ engine, segmentPath }: Bench): Promise<RemovalPart> {
  const expiry = await measureExpiry(engine, segmentPath);
  return { expiry, masking: await measureMasking(engine, segmentPath) };
}

async function killEachScheme({ engine, plan, workDir, progress }: Bench): Promise<KillResult[]> {
  const results: KillResult[] = [];
  const segmentPath = join(workDir, 'killed.native');
  const { kills, killRows: segmentRows } = plan;
  await writeSegment(
    engine,
    { rows: segmentRows, day: 0, seed: 7, shape: 'correlated', entriesOnly: false },
    segmentPath,
  );
  for (const scheme of ['views', 'projections'] as const) {
    const dataDir = join(workDir, `killed-${scheme}`);
    const random = Math.random;
    results.push(
      await runKillTest({ scheme, kills, dataDir, segmentPath, segmentRows, random, progress }),
    );
  }
  return results;
}
