/**
 * What becomes of the rollups when entries leave the ledger (retention, erasure), and whether a
 * value beyond a dimension's limit is masked alike. Each case runs on a small ledger of its own.
 */
import type { Engine } from './engine.ts';
import { readValue } from './engine.ts';
import { schemeStatements } from './schemes.ts';
import { insertSegmentSql, segmentRows, writeSegment } from './traffic.ts';
import { type Filled, rollupTotal } from './upkeep.ts';

export interface ExpiryCase {
  readonly scheme: Filled;
  readonly removal: string;
  readonly totalBefore: string;
  /** The rollup's total after the removal, or the engine's refusal. */
  readonly totalAfter: string;
}

const REMOVALS: readonly { name: string; sql: (ledger: string) => string[] }[] = [
  {
    name: 'table TTL',
    sql: (ledger) => [
      `ALTER TABLE ${ledger} MODIFY TTL toDateTime(start_time) + INTERVAL 1 DAY SETTINGS mutations_sync = 2`,
      `OPTIMIZE TABLE ${ledger} FINAL`,
    ],
  },
  { name: 'DROP PARTITION', sql: (ledger) => [`ALTER TABLE ${ledger} DROP PARTITION 202608`] },
  {
    name: 'ALTER … DELETE of one user',
    sql: (ledger) => [
      `ALTER TABLE ${ledger} DELETE WHERE user = 'user-1' SETTINGS mutations_sync = 2`,
    ],
  },
  {
    name: 'DELETE FROM of one user',
    sql: (ledger) => [`DELETE FROM ${ledger} WHERE user = 'user-1'`],
  },
];

/** Day 0 is 2026-08-01, so that its rows are older than any TTL used here. */
export async function measureExpiry(engine: Engine, path: string): Promise<ExpiryCase[]> {
  await writeSegment(
    engine,
    { rows: 2000, day: 0, seed: 5, shape: 'correlated', entriesOnly: true },
    path,
  );
  const cases: ExpiryCase[] = [];
  for (const [index, removal] of REMOVALS.entries()) {
    for (const scheme of ['views', 'projections'] as const) {
      const database = `expiry_${scheme}_${index}`;
      await createAll(engine, scheme, database);
      await engine.run(insertSegmentSql(database, path, 1));
      const totalBefore = await rollupTotal(engine, database);
      const refusal = await removeRows(engine, removal.sql(`${database}.ledger`));
      const totalAfter = refusal ?? (await rollupTotal(engine, database));
      cases.push({ scheme, removal: removal.name, totalBefore, totalAfter });
      await engine.run(`DROP DATABASE ${database} SYNC`);
    }
  }
  return cases;
}

async function createAll(engine: Engine, scheme: Filled, database: string): Promise<void> {
  for (const statement of schemeStatements(scheme, database)) {
    await engine.run(statement);
  }
}

/** A refusal is a result here: it is what an operator would be told. */
async function removeRows(
  engine: Engine,
  statements: readonly string[],
): Promise<string | undefined> {
  try {
    for (const statement of statements) {
      await engine.run(statement);
    }
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `refused: ${/\(([A-Z_]+)\)/.exec(message)?.[1] ?? message.slice(0, 80)}`;
  }
}

export interface MaskingResult {
  /** Fingerprint of the masked hourly rollup; equal ones mean equal rows. */
  readonly fingerprints: Readonly<Record<Filled, string>>;
  readonly maskedCalls: Readonly<Record<Filled, string>>;
  /** Whether `GROUP BY model` straight on the ledger, as a person would write it, finds the projection. */
  readonly plainQueryReadsProjection: boolean;
}

/** Every third entry is beyond the limit of `model`. */
export async function measureMasking(engine: Engine, path: string): Promise<MaskingResult> {
  const fingerprints = { views: '', projections: '' };
  const maskedCalls = { views: '', projections: '' };
  for (const scheme of ['views', 'projections'] as const) {
    const database = `masking_${scheme}`;
    await createAll(engine, scheme, database);
    await engine.run(`INSERT INTO ${database}.landing SELECT * REPLACE
      (toUInt16(if(cityHash64(span_id) % 3 = 0, 8, 0)) AS over_limit) FROM ${segmentRows(path, 1)}`);
    const rollup = `${database}.cost_hourly`;
    fingerprints[scheme] = await readValue(
      engine,
      `SELECT sum(cityHash64(hour, model, prompt, calls, cost_usd)) FROM (SELECT hour, model, prompt,
        sum(calls) AS calls, sum(cost_usd) AS cost_usd FROM ${rollup} GROUP BY ALL)`,
    );
    maskedCalls[scheme] = await readValue(
      engine,
      `SELECT sum(calls) FROM ${rollup} WHERE model = '(over limit)'`,
    );
  }
  const plan = await engine.rows(
    'EXPLAIN SELECT model, sum(cost_usd) FROM masking_projections.ledger GROUP BY model',
  );
  const plainQueryReadsProjection = plan.join('\n').includes('ReadFromMergeTree (cost_');
  return { fingerprints, maskedCalls, plainQueryReadsProjection };
}
