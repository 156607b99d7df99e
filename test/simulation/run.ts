/**
 * `node test/simulation/run.ts [--seed S] [--runs N] [--json]`: many simulated runs with a crash in every call;
 * `--seed S --crash K[,L…]` runs one of them again and tells what happens in it. Ends with 1 when anything is wrong.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';
import { describeFailure, describeSweep, sweep } from './sweep.ts';

const USAGE = `npm run test:simulation -- [options]
  --seed S        the first scenario (default: drawn, and printed)
  --runs N        how many runs (default 20000; about 25 a second)
  --crash K,L     one run of scenario S that dies in its K-th call, then in its L-th; "never": in none
  --json          the summary as JSON on standard output; progress goes to standard error
`;
const PROGRESS_EVERY = 500;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    runs: { type: 'string', default: '20000' },
    crash: { type: 'string' },
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
