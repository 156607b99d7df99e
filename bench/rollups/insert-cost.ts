/**
 * What a segment costs to insert under each scheme. Schemes take turns within one run and are
 * compared round by round, because the machine's speed changes from minute to minute.
 */
import { type Cost, type Engine, measure, median, readValue } from './engine.ts';
import { SCHEMES, type Scheme, TARGETS } from './schemes.ts';
import { insertSegmentSql, type Shape, writeSegment } from './traffic.ts';

export interface InsertCost {
  readonly scheme: Scheme;
  readonly shape: Shape;
  readonly cpuMicrosPerRow: number;
  readonly wallMs: number;
  /** Medians over the rounds of this scheme's cost divided by that of `plain` in the same round. */
  readonly cpuToPlain: number;
  readonly wallToPlain: number;
}

export interface InsertPlan {
  readonly rows: number;
  readonly rounds: number;
  readonly segmentPath: string;
}

/** Half of the rows are spans, half their entries. */
export async function measureInserts(engine: Engine, plan: InsertPlan): Promise<InsertCost[]> {
  const costs: InsertCost[] = [];
  for (const shape of ['correlated', 'independent'] as const) {
    const { rows, segmentPath } = plan;
    const segment = { rows, day: 0, seed: 1, shape, entriesOnly: false };
    await writeSegment(engine, segment, segmentPath);
    const rounds: Record<Scheme, Cost>[] = [];
    for (let round = 0; round <= plan.rounds; round += 1) {
      rounds.push(await insertOnceEach(engine, segmentPath, round));
    }
    // The first round fills caches and pools, and is not counted.
    costs.push(...SCHEMES.map((scheme) => summarize(scheme, shape, rows, rounds.slice(1))));
    await emptyTargets(engine);
  }
  return costs;
}

async function insertOnceEach(engine: Engine, path: string, round: number) {
  const costs: Partial<Record<Scheme, Cost>> = {};
  for (let turn = 0; turn < SCHEMES.length; turn += 1) {
    const scheme = SCHEMES[(turn + round) % SCHEMES.length]!;
    costs[scheme] = await measure(() => engine.run(insertSegmentSql(scheme, path, round)));
  }
  await requireOnePartPerTarget(engine, round + 1);
  return costs as Record<Scheme, Cost>;
}

/** One part of a segment in each target is what the repair rests on, so the bench checks it. */
async function requireOnePartPerTarget(engine: Engine, inserts: number): Promise<void> {
  for (const scheme of SCHEMES) {
    for (const target of TARGETS[scheme]) {
      const parts = await readValue(
        engine,
        `SELECT count() FROM system.parts WHERE active AND database = '${scheme}' AND table = '${target}'`,
      );
      if (Number(parts) !== inserts) {
        throw new Error(`${scheme}.${target} has ${parts} parts after ${inserts} inserts.`);
      }
    }
  }
}

function summarize(
  scheme: Scheme,
  shape: Shape,
  rows: number,
  rounds: readonly Record<Scheme, Cost>[],
): InsertCost {
  const over = (pick: (round: Record<Scheme, Cost>) => number) => median(rounds.map(pick));
  return {
    scheme,
    shape,
    cpuMicrosPerRow: (over((round) => round[scheme].cpuMs) * 1000) / rows,
    wallMs: over((round) => round[scheme].wallMs),
    cpuToPlain: over((round) => round[scheme].cpuMs / round.plain.cpuMs),
    wallToPlain: over((round) => round[scheme].wallMs / round.plain.wallMs),
  };
}

/** Empties every target of every scheme, so that the next measurement starts alike. */
async function emptyTargets(engine: Engine): Promise<void> {
  for (const scheme of SCHEMES) {
    for (const target of TARGETS[scheme]) {
      await engine.run(`TRUNCATE TABLE ${scheme}.${target} SYNC`);
    }
  }
}
