// The measured figures that docs/scaling.md reckons with, from the results kept under bench/results/.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchResult, RESULTS } from '../bench/result.ts';

/** Every span an LLM call, or one in ten. */
export const MIXES = ['calls', 'tenth'] as const;
export type Mix = (typeof MIXES)[number];

/** Of one mix, on one machine. */
export interface MixFigures {
  /** CPU a span up to the insert, and in the engine with its merges. */
  readonly collectorUs: number;
  readonly engineUs: number;
  /** Collector and engine together on the cores of the machine. */
  readonly storedPerSecond: number;
  /** Of a collector whose engine is elsewhere. */
  readonly spansPerCore: number;
  readonly bytesToClickHouse: number;
}

export interface ScalingFigures {
  readonly mixes: Readonly<Record<Mix, MixFigures>>;
  /** Of an acknowledgement at a fifth of the maximum rate, dashboards beside it. */
  readonly acknowledgedP99Ms: number;
  /** Bytes a span on disk, by table; of traffic in which one span in seven is an LLM call. */
  readonly storedBytes: Readonly<Record<StoredTable, number>>;
}

export const STORED_TABLES = ['spans', 'ledger', 'cost_hourly', 'cost_daily', 'traces'] as const;
type StoredTable = (typeof STORED_TABLES)[number];

/** Where results are read: the text of a file, and the names there are. */
export interface KeptResults {
  readonly names: () => readonly string[];
  readonly text: (name: string) => string;
}

const KEPT: KeptResults = {
  names: () => readdirSync(RESULTS),
  text: (name) => readFileSync(join(RESULTS, name), 'utf8'),
};

/** Throws where a figure is missing: a page without it would be wrong in silence. */
export function readScalingFigures(kept: KeptResults = KEPT): ScalingFigures {
  const figure = (bench: string, name: string): number => {
    const { figures } = JSON.parse(kept.text(`${bench}-full.json`)) as BenchResult;
    const found = figures.find((one) => one.name === name);
    if (found === undefined) throw new Error(`bench/results/${bench}-full.json has no "${name}"`);
    return found.value;
  };
  const ofMix = (mix: Mix): MixFigures => ({
    collectorUs: figure('end-to-end', `${mix}: collector`),
    engineUs: figure('end-to-end', `${mix}: engine`),
    storedPerSecond: figure('end-to-end', `${mix}: stored`),
    spansPerCore: figure('peers', `${mix}: ours`),
    bytesToClickHouse: figure('peers', `${mix}: our bytes to ClickHouse a span`),
  });
  return {
    mixes: { calls: ofMix('calls'), tenth: ofMix('tenth') },
    acknowledgedP99Ms: figure('latency', 'acknowledged at 20 %, p99'),
    storedBytes: storedBytes(kept),
  };
}

/** Of the newest result of `npm run bench:storage`, which is a text. */
function storedBytes(kept: KeptResults): ScalingFigures['storedBytes'] {
  const newest = kept
    .names()
    .filter((name) => /^storage-[\d-]+\.txt$/.test(name))
    .sort()
    .at(-1);
  const text = newest === undefined ? '' : kept.text(newest);
  const bytes = STORED_TABLES.map((table): [StoredTable, number] => {
    const [, found] = new RegExp(`^ +${table} +([\\d.]+) B`, 'm').exec(text) ?? [];
    if (found === undefined) throw new Error(`${newest}: no bytes of ${table}`);
    return [table, Number(found)];
  });
  return Object.fromEntries(bytes) as Record<StoredTable, number>;
}
