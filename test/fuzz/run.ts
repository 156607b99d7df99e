/**
 * `node test/fuzz/run.ts [--bodies N] [--minutes M] [--seed S] [--json]`: mutated bodies against a collector of its
 * own. `--replay FILE` sends one that failed again. Ends with 1 when anything is wrong.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { startCollector } from '../start-collector.ts';
import type { Body } from './bodies.ts';
import { BodySender } from './deliver-body.ts';
import { fuzz } from './fuzz.ts';

const USAGE = `npm run test:fuzz -- [options]
  --bodies N      how many (default 1000000)
  --from N        the number of the first (default 0): parts of a long run may run side by side
  --minutes M     at most so long (default 120)
  --seed S        default: drawn, and printed; the n-th body of a seed is always the same
  --in-flight N   bodies in flight (default 64)
  --memory-max B  of the collector (default: its own): whether it is overloaded is another test
  --keep-in DIR   where failing bodies are kept (default: fuzz-failures)
  --replay FILE   sends a kept body again and shows the answer
  --json          the report as JSON on standard output; progress goes to standard error
`;

const { values } = parseArgs({
  options: {
    bodies: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '120' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'in-flight': { type: 'string', default: '64' },
    'memory-max': { type: 'string' },
    'keep-in': { type: 'string', default: 'fuzz-failures' },
    replay: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const { bodies: count, minutes, seed: given, 'in-flight': many, from: first } = values;
const numbers = [count, minutes, given, many, first].map(Number);
if (values.help || numbers.some((number) => !(number >= 0))) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 64);
}
const [bodies = 0, minutesMax = 0, seed = 0, inFlight = 1, from = 0] = numbers;
const progress = (text: string) =>
  void (values.json ? process.stderr : process.stdout).write(
    `${`${Math.round(process.uptime())} s`.padEnd(7)}${text}\n`,
  );

/** `<seed>-<n>.<transport>.<signal>.<encoding>.<coding>.bin` */
function readKept(file: string): Body {
  const [, transport, signal, encoding, coding] = basename(file).split('.');
  const how = { transport, signal, encoding, coding } as Pick<
    Body,
    'transport' | 'signal' | 'encoding' | 'coding'
  >;
  return { ...how, bytes: readFileSync(file), isLegal: undefined, days: [] };
}

progress(`starting a collector; seed ${seed}`);
// Settle has its own tests; here it would only compete for the engine.
const memory = values['memory-max'] === undefined ? [] : ['--memory-max', values['memory-max']];
const collector = await startCollector(['--settle', 'off', '--log-level', 'warn', ...memory]);
try {
  if (values.replay !== undefined) {
    const sender = new BodySender(collector, 1);
    const verdict = await sender.send(readKept(values.replay));
    sender.close();
    process.stdout.write(`${verdict.kind}: ${verdict.text}\n${collector.output()}`);
  } else {
    const keepIn = values['keep-in'];
    const report = await fuzz(collector, {
      ...{ seed, bodies, from, minutesMax, inFlight, keepIn, progress },
      ...{ slowSenders: 100, hostileScale: 1 },
    });
    process.stdout.write(`${JSON.stringify(report, undefined, values.json ? 0 : 2)}\n`);
    process.exitCode = report.failures.length === 0 ? 0 : 1;
  }
} finally {
  await collector.stop();
}
