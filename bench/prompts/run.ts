/**
 * Similar prompts: precision and recall at the threshold of 0.7 on pairs of known similarity, the curve between, what a
 * sketch costs, and how long the questions take over a million calls in the embedded engine.
 * `npm run bench:prompts [-- --pairs N --calls N]`.
 */
import { parseArgs } from 'node:util';
import { PromptSketcher } from '@ai-cost-profiler/collector/rows/prompt/prompt-sketch.ts';
import { areGrouped, judge, type Maker, THRESHOLD } from './judge-pairs.ts';
import { fillCalls } from './million-calls.ts';
import { pairsWithin } from './pairs.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '4000' },
    calls: { type: 'string', default: '1000000' },
  },
});
const PAIRS = Number(values.pairs);
const CALLS = Number(values.calls);
const SEED = 20_261_130;
const CURVE_STEP = 0.05;
const RUNS = 5;
const TRAFFIC = [
  { repeated: 9, unique: 0, told: 'nine of ten repeat one of 300, the rest are nearly like one' },
  { repeated: 2, unique: 1, told: 'two of ten repeat one of 300, seven are nearly like one' },
  { repeated: 0, unique: 10, told: 'every one is like no other, the worst case' },
] as const;
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

for (const maker of ['c1', 'm1'] as const) tellQuality(maker);
tellSketchCost();
await tellTimes();

function tellQuality(maker: Maker): void {
  const { precision, recall, found, wrong } = judge(maker, PAIRS, SEED);
  tell(`${maker}, threshold ${THRESHOLD}, ${PAIRS} pairs each in [0, 0.6] and [0.8, 1]:`);
  tell(
    `  precision ${precision.toFixed(4)} (${wrong} wrong), recall ${recall.toFixed(4)} (${found} found); asked ≥ 0.95`,
  );
  tell('  share of pairs that are grouped, by their exact similarity:');
  for (let from = 0.5; from < 0.999; from += CURVE_STEP) {
    const range = { min: from, max: Math.min(1, from + CURVE_STEP), count: Math.ceil(PAIRS / 10) };
    const pairs = [...pairsWithin(range, SEED + Math.round(from * 100))];
    const share = pairs.filter((pair) => areGrouped(pair, maker)).length / pairs.length;
    tell(`    ${from.toFixed(2)}–${(from + CURVE_STEP).toFixed(2)}  ${share.toFixed(3)}`);
  }
}

function tellSketchCost(): void {
  const sketcher = new PromptSketcher(Buffer.from('a secret of the benchmark'));
  const prompts = [...pairsWithin({ min: 0, max: 1, count: 500 }, SEED)].map(({ one }) => [
    { words: one, exact: one },
  ]);
  const words = prompts.reduce((sum, [message]) => sum + message!.words.split(' ').length, 0);
  const startedMs = performance.now();
  for (let run = 0; run < RUNS; run++) {
    for (const prompt of prompts) {
      sketcher.sketch(prompt);
      sketcher.boundaries(prompt);
    }
  }
  const us = ((performance.now() - startedMs) * 1000) / RUNS;
  tell(
    `a sketch at ingest: ${(us / prompts.length).toFixed(1)} µs a prompt, ${((us * 1000) / words).toFixed(0)} ns a word`,
  );
}

async function tellTimes(): Promise<void> {
  for (const { told: what, ...wish } of TRAFFIC) {
    const calls = await fillCalls({ calls: CALLS, ...wish });
    tell(`${CALLS} calls: ${what}`);
    for (const [name, ask] of Object.entries(calls.questions)) {
      const times: number[] = [];
      const cpuBefore = process.cpuUsage();
      let told = '';
      for (let run = 0; run < RUNS; run++) {
        const startedMs = performance.now();
        told = await ask();
        times.push(performance.now() - startedMs);
      }
      const median = times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
      const cpu = process.cpuUsage(cpuBefore);
      const cpuMs = (cpu.user + cpu.system) / 1000 / RUNS;
      tell(
        `  ${name}: median ${Math.round(median)} ms, best ${Math.round(times[0]!)} ms, CPU outside the engine ${Math.round(cpuMs)} ms; ${told}`,
      );
    }
    await calls.close();
  }
}
