/**
 * Our instrumentation of the OpenAI SDK beside the others: what each captures, and what it adds to a call, to a piece
 * of a stream and to the memory, all in one run and each in a process of its own. Calls reach no network.
 * `npm run bench:instrumentation -- --help`; with `--keep` also the table of facts, for docs/instrumentation.md.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchOptions, type Figure, RESULTS } from '../result.ts';
import type { Verdict } from './facts-process.ts';
import { folderOf, INSTRUMENTATIONS, type Instrumentation, versionOf } from './instrumentations.ts';
import type { Cost } from './timing-process.ts';

/** Kept as bench/results/instrumentation-facts.json. */
export interface KeptFacts {
  readonly date: string;
  /** `package version` of each instrumentation, by its name, in the order of the table. */
  readonly packages: Readonly<Record<string, string>>;
  /** `group: fact` → name → verdict. */
  readonly facts: Readonly<Record<string, Readonly<Record<string, Verdict>>>>;
}

export const FACTS_PATH = join(RESULTS, 'instrumentation-facts.json');
const US_PER_CALL_MAX = 15;
const US_PER_CHUNK_MAX = 1;
const START_MS_MAX = 40;

/** What each form measures: passes over all instrumentations, rounds within a process, pairs of starts. */
const FORMS = {
  short: { passes: 1, rounds: 2, startPairs: 0 },
  full: { passes: 3, rounds: 12, startPairs: 20 },
} as const;

/** Once; later runs find it. */
function install(one: Instrumentation): void {
  const cwd = folderOf(one);
  if (existsSync(join(cwd, 'node_modules', '.package-lock.json'))) return;
  const flags = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', flags, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`npm ci failed in ${cwd}`);
}

/** What a process of this folder prints as JSON. */
function resultOf<Result>(file: string, ...given: string[]): Result {
  const line = ['--expose-gc', join(import.meta.dirname, file), ...given];
  const { status, stdout } = spawnSync(process.execPath, line, {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} ${given.join(' ')} ended with ${status}`);
  return JSON.parse(stdout) as Result;
}

/** What the register entry adds to the start of a program; it packs and installs the packages first. */
function startFigures(pairs: number): Figure[] {
  if (pairs === 0) return [];
  const { addedMs, bareSdkMs } = resultOf<{ addedMs: number; bareSdkMs: number }>(
    'start-up.ts',
    String(pairs),
  );
  const name = 'the register entry: added to the start of a program';
  return [
    { name, value: addedMs, unit: 'ms', most: START_MS_MAX },
    { name: 'a program with a bare NodeSDK', value: bareSdkMs, unit: 'ms' },
  ];
}

const packageText = (one: Instrumentation): string =>
  `${one.packageName ?? '@ai-cost-profiler/openai'} ${versionOf(one)}`;

function captured(): KeptFacts {
  const facts: Record<string, Record<string, Verdict>> = {};
  for (const { name } of INSTRUMENTATIONS) {
    const verdicts = resultOf<Record<string, Verdict>>('facts-process.ts', name);
    for (const [fact, verdict] of Object.entries(verdicts)) {
      facts[fact] = { ...facts[fact], [name]: verdict };
    }
  }
  const packages = Object.fromEntries(INSTRUMENTATIONS.map((one) => [one.name, packageText(one)]));
  return { date: new Date().toISOString().slice(0, 10), packages, facts };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Of each figure of a cost the median of the passes. */
function medianCost(costs: readonly Cost[]): Cost {
  const names = Object.keys(costs[0]!) as (keyof Cost)[];
  return Object.fromEntries(
    names.map((name) => [name, median(costs.map((cost) => cost[name]))]),
  ) as unknown as Cost;
}

function measure(passes: number, rounds: number, progress: (text: string) => void) {
  const all = new Map<string, Cost[]>(INSTRUMENTATIONS.map(({ name }) => [name, []]));
  for (let pass = 1; pass <= passes; pass++) {
    for (const [name, costs] of all) {
      costs.push(resultOf<Cost>('timing-process.ts', name, String(rounds)));
      progress(`${pass} of ${passes}, ${name}: ${costs.at(-1)!.callUs.toFixed(1)} µs a call`);
    }
  }
  return new Map([...all].map(([name, costs]) => [name, medianCost(costs)]));
}

function figuresOf(costs: ReadonlyMap<string, Cost>, capturedShare: number): Figure[] {
  const [[, ours], ...others] = [...costs] as [[string, Cost], ...[string, Cost][]];
  const lowestCall = Math.min(...others.map(([, { callUs }]) => callUs));
  const each = ([name, cost]: readonly [string, Cost]): Figure[] => [
    { name: `${name}: added to a call`, value: cost.callUs, unit: 'µs' },
    { name: `${name}: added to a piece of a stream`, value: cost.chunkUs, unit: 'µs' },
    { name: `${name}: held by an open stream`, value: cost.openBytes / 1000, unit: 'kB' },
    { name: `${name}: left by an ended call`, value: cost.leftBytes, unit: 'B' },
  ];
  return [
    { name: 'ours: added to a call', value: ours.callUs, unit: 'µs', most: US_PER_CALL_MAX },
    {
      name: 'the same, to the lowest of the others',
      value: ours.callUs / lowestCall,
      unit: '×',
      most: 1,
    },
    {
      name: 'ours: added to a piece of a stream',
      value: ours.chunkUs,
      unit: 'µs',
      most: US_PER_CHUNK_MAX,
    },
    { name: 'ours: held by an open stream', value: ours.openBytes / 1000, unit: 'kB', most: 4 },
    { name: 'ours: left by an ended call', value: ours.leftBytes, unit: 'B', most: 100 },
    { name: 'ours: facts captured', value: capturedShare * 100, unit: '%', least: 100 },
    { name: 'a call by itself', value: ours.bareCallUs, unit: 'µs' },
    { name: 'a piece of a stream by itself', value: ours.bareChunkUs, unit: 'µs' },
    ...others.flatMap(each),
  ];
}

if (import.meta.main) {
  const options = benchOptions('instrumentation');
  if (options !== undefined) {
    for (const one of INSTRUMENTATIONS) install(one);
    const facts = captured();
    const { passes, rounds, startPairs } = FORMS[options.isFull ? 'full' : 'short'];
    const costs = measure(passes, rounds, options.progress);
    const told = Object.values(facts.facts).filter((one) => one['ours'] === 'yes').length;
    if (process.argv.includes('--keep')) {
      writeFileSync(FACTS_PATH, `${JSON.stringify(facts, undefined, 2)}\n`);
    }
    options.finish({
      about:
        'What an instrumentation of the OpenAI SDK adds, without content, beside the same SDK without one in the same process: processor time of the thread.',
      figures: [
        ...figuresOf(costs, told / Object.keys(facts.facts).length),
        ...startFigures(startPairs),
      ],
      checksums: facts.packages,
    });
  }
}
