/**
 * `node test/kill/run.ts [--kills N] [--seed S] [--phases a,b] [--json]`: the exactly-once promise under SIGKILL, in
 * embedded and in server mode. Ends with 1 when anything is lost, doubled or different by one digit. A run that was
 * interrupted is gone on with by naming the phases that are left.
 */
import { parseArgs } from 'node:util';
import { PHASES, planKills } from './kill-plan.ts';
import { describeReport } from './kill-report.ts';
import { runKills } from './kill-run.ts';
import { Random } from './random.ts';
import { DAYS } from './traffic.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    phases: { type: 'string', default: PHASES.join(',') },
    json: { type: 'boolean', default: false },
  },
});

/** The whole of a demo, settled and verified: what a first user types, after all that happened here. */
const LAST_COMMANDS = [['demo'], ['settle'], ['verify']];
/** So many that settle takes several steps. */
const SCENES_AT_ONCE = 600;
const kills = Number(values.kills);
const seed = Number(values.seed);
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed) || seed < 0) {
  process.stderr.write(
    `--kills is "${values.kills}" and --seed "${values.seed}"; expected whole numbers, kills of at least 1.\n`,
  );
  process.exit(64);
}
const named = values.phases.split(',');
const phases = PHASES.filter((phase) => named.includes(phase));
if (phases.length !== named.length) {
  process.stderr.write(`--phases is "${values.phases}"; expected some of ${PHASES.join(',')}.\n`);
  process.exit(64);
}
// Progress is for people; with --json standard output holds the report alone.
const progress = (text: string) => {
  const at = `${Math.round(process.uptime())} s`.padEnd(7);
  void (values.json ? process.stderr : process.stdout).write(`${at}${text}\n`);
};
progress(`${kills} kills, seed ${seed}, phases ${phases.join(', ')}`);
const report = await runKills({
  plan: planKills(kills, phases, new Random(seed).fork(1)),
  isComparedOnce: false,
  lastCommands: LAST_COMMANDS,
  scenesAtOnce: SCENES_AT_ONCE,
  daysAtOnce: DAYS,
  seed,
  progress,
});
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : describeReport(report));
process.exit(report.failures.length === 0 ? 0 : 1);
