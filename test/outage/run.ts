/**
 * `npm run test:outage`: ClickHouse is away for 10 minutes at 5,000 spans/s and for 60 s at full rate. Ends with 1 when
 * anything is lost or any total differs.
 */
import { parseArgs } from 'node:util';
import { describeOutage } from './outage-report.ts';
import { runOutage } from './outage-run.ts';

const USAGE = `npm run test:outage -- [options]
  --mode embedded|server     ClickHouse inside the collector, or a server of its own (server)
  --minutes N                how long it is away at the rate (10)
  --rate N                   spans a second meanwhile (5000)
  --full-rate-seconds N      how long it is away at full rate (60)
  --json                     the report as JSON on standard output, progress on standard error
`;
const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'server' },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '5000' },
    'full-rate-seconds': { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const fullRateSeconds = Number(values['full-rate-seconds']);
const { mode } = values;
const isNumbers = [minutes, rate, fullRateSeconds].every((value) => value >= 0);
if ((mode !== 'embedded' && mode !== 'server') || !isNumbers || rate < 1) {
  process.stderr.write(`These options make no run: ${JSON.stringify(values)}\n${USAGE}`);
  process.exit(64);
}
const progress = (line: string) =>
  void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
const lookEveryMs = Math.max(1_000, (minutes * 60_000 + fullRateSeconds * 1_000) / 60);
const report = await runOutage({ mode, minutes, rate, fullRateSeconds, lookEveryMs, progress });
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : describeOutage(report));
process.exit(report.failures.length === 0 ? 0 : 1);
