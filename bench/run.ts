/**
 * All benchmarks of speed, one after another, each in a process of its own; the options go to each
 * that takes them.
 * `npm run bench` shows that they run; `npm run bench -- --full --keep` measures (most of an hour) and keeps the
 * results, of which `npm run docs` makes docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const given = process.argv.slice(2);
const isFull = given.includes('--full');

/** What each measures is told at the beginning of its file. */
const BENCHES: readonly (readonly string[])[] = [
  ['pipeline.bench.ts', ...given],
  ['stages.bench.ts', ...given],
  ['storage.bench.ts', '--spans', isFull ? '200000' : '10000'],
  ['end-to-end/run.ts', ...given],
  ['latency/run.ts', ...given],
  ['soak/run.ts', ...given],
  ['peers/run.ts', ...given],
];

const failed: string[] = [];
for (const [n, [file = '', ...flags]] of BENCHES.entries()) {
  process.stderr.write(`\n${n + 1} of ${BENCHES.length}: ${file}\n`);
  const line = [join(import.meta.dirname, file), ...flags];
  const { status } = spawnSync(process.execPath, line, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) failed.push(file);
}
if (failed.length > 0) throw new Error(`these did not end well: ${failed.join(', ')}`);
