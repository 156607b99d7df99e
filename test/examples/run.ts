/**
 * `npm run test:examples`: every example, by every command of its README, in its folder: what it installs stays there.
 * Each must cost what its README says, after `aicost settle` on a real collector. Without Python 3 and its packages the
 * Python example is not tried, and that is said. Ends with 1 when a bill is another one.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type StartedCollector, startCollector } from '../start-collector.ts';
import {
  aloneVariables,
  type BillRow,
  commandsOf,
  EXAMPLES,
  expectedRow,
  FRAMEWORK_EXAMPLES,
  isAsWanted,
  NODE_EXAMPLES,
  PYTHON_EXAMPLE,
  runCommands,
  serviceAlone,
  settledRows,
} from './run-example.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs them all; a row for each service that must have a bill. Rejects when a command fails. */
async function runAll(collector: StartedCollector): Promise<BillRow[]> {
  const hasPython = spawnSync('python3', ['-m', 'venv', '--help']).status === 0;
  const wanted: BillRow[] = [];
  for (const example of [...NODE_EXAMPLES, ...(hasPython ? [PYTHON_EXAMPLE] : [])]) {
    const [folder, commands] = [join(EXAMPLES, example), commandsOf(example)];
    say(`${example}: ${commands.join('; ')}`);
    await runCommands(collector, { folder, commands });
    wanted.push(expectedRow(example));
  }
  for (const example of FRAMEWORK_EXAMPLES) {
    const [folder, commands] = [join(EXAMPLES, example), commandsOf(example).slice(-1)];
    await runCommands(collector, { folder, commands }, aloneVariables(example));
    wanted.push(expectedRow(example, serviceAlone(example)));
  }
  if (!hasPython) say(`NOT TESTED: ${PYTHON_EXAMPLE}, for there is no Python 3 with venv here`);
  return wanted;
}

const collector = await startCollector(['--settle', 'off']);
try {
  const wanted = await runAll(collector);
  const rows = await settledRows(collector, wanted);
  const outcomes = wanted.map(({ service, feature, calls, cost_usd }) => {
    const isGood = isAsWanted(rows, wanted, service);
    say(`${isGood ? 'ok  ' : 'FAIL'} ${service}: ${calls} calls of ${feature}, $${cost_usd}`);
    if (!isGood) say(JSON.stringify(rows.filter((row) => row.service === service)));
    return isGood;
  });
  process.exitCode = outcomes.every(Boolean) ? 0 : 1;
} finally {
  await collector.stop();
}
