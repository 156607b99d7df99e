/**
 * `node test/simulation/run.ts [--seed S] [--runs N] [--json]`: many simulated runs with a crash in every call;
 * `--settlers` has two collectors that would both settle, which stand still for minutes, or die.
 * `--seed S --crash K[,L…]` runs one of them again and tells what happens in it. Ends with 1 when anything is wrong.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';
import { describeFailure, describeSweep, sweep } from './sweep.ts';
import { simulateTwoSettlers } from './two-settlers.ts';

const USAGE = `npm run test:simulation -- [options]
  --seed S        the first scenario (default: drawn, and printed)
  --runs N        how many runs (default 20000; about 25 a second)
  --settlers      two collectors on one server instead; with --runs 1 it tells what happens
  --crash K,L     one run of scenario S that dies in its K-th call, then in its L-th; "never": in none
  --json          the summary as JSON on standard output; progress goes to standard error
`;
const PROGRESS_EVERY = 500;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    runs: { type: 'string', default: '20000' },
    crash: { type: 'string' },
    settlers: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const runs = Number(values.runs);
const crashes = values.crash === 'never' ? [] : (values.crash?.split(',').map(Number) ?? []);
const areWhole = [seed, runs, ...crashes].every(
  (number) => Number.isInteger(number) && number >= 0,
);
if (values.help || !areWhole) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 64);
}
if (values.settlers) {
  let wrong = 0;
  for (let run = 0; run < runs; run++) {
    const { failures, story } = await simulateTwoSettlers({
      seed: seed + run,
      keepsStory: runs === 1,
    });
    const lines = [...story, ...failures.map((line) => `WRONG seed ${seed + run}: ${line}`)];
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    wrong += failures.length > 0 ? 1 : 0;
  }
  process.stdout.write(`${runs} runs of two settlers from seed ${seed}: ${wrong} wrong\n`);
  process.exit(wrong === 0 ? 0 : 1);
}
if (values.crash !== undefined) {
  const run = await simulate({ seed, crashes, keepsStory: true });
  const wrong = [...new Set(run.failures)].map((line) => `WRONG ${line}`);
  process.stdout.write(`${[...run.story, ...wrong].join('\n')}\n`);
  process.exit(run.failures.length === 0 ? 0 : 1);
}
const progress = (text: string) =>
  void (values.json ? process.stderr : process.stdout).write(
    `${Math.round(process.uptime())} s`.padEnd(7) + text,
  );
progress(`${runs} runs, seed ${seed}\n`);
const summary = await sweep({
  seed,
  runs,
  onFailure: (failure) => progress(describeFailure(failure)),
  onRun: (until) => {
    if (until.runs % PROGRESS_EVERY === 0) {
      progress(`${until.runs} runs, ${until.crashes} deaths, ${until.failures.length} wrong\n`);
    }
  },
});
const { user, system } = process.cpuUsage();
const report = { ...summary, cpu_seconds: Math.round((user + system) / 1e6) };
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : describeSweep(summary));
process.exit(summary.failures.length === 0 ? 0 : 1);
