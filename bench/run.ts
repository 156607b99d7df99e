/**
 * All benchmarks of speed, one after another, each in a process of its own; the options go to each.
 * `npm run bench` shows that they run; `npm run bench -- --full --keep` measures (most of an hour) and keeps the
 * results, of which `npm run docs` makes docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What each measures is told at the beginning of its file. */
const BENCHES = [
  'decode.bench.ts',
  'stages.bench.ts',
  'end-to-end/run.ts',
  'latency/run.ts',
  'soak/run.ts',
  'peers/run.ts',
];

const failed: string[] = [];
for (const [n, bench] of BENCHES.entries()) {
  process.stderr.write(`\n${n + 1} of ${BENCHES.length}: ${bench}\n`);
  const line = [join(import.meta.dirname, bench), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, line, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) failed.push(bench);
}
if (failed.length > 0) throw new Error(`these did not end well: ${failed.join(', ')}`);
