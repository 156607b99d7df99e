/**
 * What live clients cost those who send: 5,000 spans/s without a client, with 200, and without again, on one collector.
 * `npm run bench:live -- --help`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CollectorUnderTest } from '../collector-under-test.ts';
import { benchOptions, type Figure } from '../result.ts';
import { send } from '../sender/sender.ts';
import { quantile } from '../sender/sending.ts';
import { sleep } from '../wait.ts';
import type { Heard } from './listeners.ts';

const LISTENERS = fileURLToPath(new URL('./listeners.ts', import.meta.url));
const CLIENTS = 200;
const SPANS_PER_S = 5_000;
const EFFECT_PERCENT_MAX = 5;
const KEPT_ON_MS = 65_000;

const options = benchOptions('live');

async function heardBy(child: ChildProcess): Promise<Heard> {
  const [heard] = (await once(child, 'message')) as [Heard];
  return heard;
}

async function listen({ url, key }: CollectorUnderTest): Promise<ChildProcess> {
  const child = fork(LISTENERS);
  process.once('exit', () => child.kill('SIGKILL'));
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) throw new Error(`the listeners ended with code ${code}`);
  });
  child.send({ url, key, clients: CLIENTS });
  await heardBy(child);
  return child;
}

interface Load {
  readonly cpuUsPerSpan: number;
  readonly spansPerS: number;
  readonly p99Ms: number;
}

/** Sends at the rate, and tells what it cost the collector's process; the engine's is another. */
async function load(
  collector: CollectorUnderTest,
  { seed, seconds }: { seed: number; seconds: number },
): Promise<Load> {
  await collector.untilStored();
  const before = collector.collectorUsage().cpuMs;
  const report = await send({
    ...{ url: collector.url, key: collector.key, variant: 'calls', seed, connections: 16 },
    load: { kind: 'seconds', seconds, spansPerS: SPANS_PER_S },
  });
  const cpuMs = collector.collectorUsage().cpuMs - before;
  return {
    cpuUsPerSpan: (cpuMs * 1000) / report.ackedSpans,
    spansPerS: (report.ackedSpans * 1000) / report.wallMs,
    p99Ms: quantile(report.ackMs, 0.99),
  };
}

const mean = (a: number, b: number) => (a + b) / 2;
const percentMore = (value: number, than: number) => (value / than - 1) * 100;

async function measure(isFull: boolean) {
  const seconds = isFull ? 60 : 4;
  const collector = await CollectorUnderTest.start();
  options!.progress('warm-up');
  await load(collector, { seed: 1, seconds: isFull ? 20 : 2 });
  options!.progress('nobody listens');
  const before = await load(collector, { seed: 2, seconds });
  options!.progress(`${CLIENTS} clients listen`);
  const child = await listen(collector);
  const beside = await load(collector, { seed: 3, seconds });
  child.send('tell');
  const { events, missed } = await heardBy(child);
  child.disconnect();
  await once(child, 'exit');
  options!.progress('nobody listens any more');
  // Events are kept on for a minute: only after that nothing is made for nobody again.
  if (isFull) await sleep(KEPT_ON_MS);
  const after = isFull ? await load(collector, { seed: 4, seconds }) : before;
  await collector.stop();
  collector.remove();
  const aloneCpu = mean(before.cpuUsPerSpan, after.cpuUsPerSpan);
  const aloneRate = mean(before.spansPerS, after.spansPerS);
  const most = EFFECT_PERCENT_MAX;
  const figures: Figure[] = [
    { name: 'goodput alone', value: aloneRate, unit: 'spans/s' },
    { name: `goodput beside ${CLIENTS} clients`, value: beside.spansPerS, unit: 'spans/s' },
    { name: 'goodput lost', value: -percentMore(beside.spansPerS, aloneRate), unit: '%', most },
    { name: 'CPU of the collector alone', value: aloneCpu, unit: 'µs a span' },
    { name: 'CPU beside the clients', value: beside.cpuUsPerSpan, unit: 'µs a span' },
    { name: 'CPU more', value: percentMore(beside.cpuUsPerSpan, aloneCpu), unit: '%', most },
    { name: 'acknowledged alone, p99', value: mean(before.p99Ms, after.p99Ms), unit: 'ms' },
    { name: 'acknowledged beside the clients, p99', value: beside.p99Ms, unit: 'ms' },
    { name: 'events received by all clients', value: events, unit: 'events', least: CLIENTS },
    { name: 'times a client was told that it missed events', value: missed, unit: 'events' },
  ];
  return { figures, checksums: {} };
}

if (options !== undefined) {
  const about = `${SPANS_PER_S} spans/s of one tenant, without and beside ${CLIENTS} clients of its live stream, in a process of their own.`;
  options.finish({ about, ...(await measure(options.isFull)) });
}
