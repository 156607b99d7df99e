/**
 * Settle under load: ambiguous traces are stored, as fast as they are taken, and then settled while ingest goes on at a
 * fifth of the rate that was just measured. Prints how long it takes, what it costs both processes, what senders wait
 * for meanwhile, and that the ledger comes to the expected sums to the digit.
 * Then realistic traffic: the share of its traces that settle has to look at.
 * `node bench/settle.bench.ts` is a quick look (5,000 traces); `--full` is the size that is promised (100,000).
 */
import { availableParallelism, cpus } from 'node:os';
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import {
  ambiguousUnit,
  BILLED_PER_UNIT,
  COST_PER_UNIT_ATTO,
  TRACES_PER_UNIT,
} from './settle/ambiguous-traces.ts';
import { CollectorHost } from './settle/collector-host.ts';
import { realisticRequests } from './settle/realistic-traffic.ts';
import { RequestTemplate } from './settle/templates.ts';

const isFull = process.argv.includes('--full');
const profile = process.argv.find((flag) => flag.startsWith('--cpu-prof-dir='));
const TRACES = isFull ? 100_000 : 5_000;
const UNITS_PER_REQUEST = 10;
const SENDERS = 4;
const INGEST_SHARE = 0.2;
const DAY_NS = 86_400_000_000_000n;
const NS_PER_MS = 1_000_000n;

const template = new RequestTemplate(ambiguousUnit(), UNITS_PER_REQUEST);
const units = TRACES / TRACES_PER_UNIT;
const write = (text: string) => void process.stdout.write(`${text}\n`);

/** The number-th request; all of them lie within the middle of yesterday. */
function requestOf(number: number, of: number): Buffer {
  const yesterdayNs = ((BigInt(Date.now()) * NS_PER_MS) / DAY_NS - 1n) * DAY_NS;
  const own = (unit: number) => number * UNITS_PER_REQUEST + unit;
  const all = of * UNITS_PER_REQUEST;
  return template.copy({
    own,
    // The gateway's view of a unit's calls comes in the request after.
    other: (unit) => (own(unit) - UNITS_PER_REQUEST + all) % all,
    startNs: (unit) =>
      yesterdayNs + DAY_NS / 12n + (BigInt(own(unit)) * (DAY_NS / 2n)) / BigInt(all),
  });
}

async function load(host: CollectorHost): Promise<number> {
  const requests = units / UNITS_PER_REQUEST;
  let next = 0;
  const startedMs = performance.now();
  const sender = async () => {
    while (next < requests) await host.send('bench', requestOf(next++, requests));
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return (requests * template.spans * 1000) / (performance.now() - startedMs);
}

/** Sends at this rate until told to end; gives what was sent and how long each answer took. */
function keepSending(host: CollectorHost, spansPerS: number) {
  const everyMs = (template.spans * 1000) / spansPerS;
  const latenciesMs: number[] = [];
  const under: Promise<void>[] = [];
  const startedMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    while (sent * everyMs < performance.now() - startedMs) {
      const answer = host.send('live', requestOf(sent++, 100_000));
      under.push(answer.then((ms) => void latenciesMs.push(ms)));
    }
  }, 5);
  return async () => {
    clearInterval(timer);
    await Promise.all(under);
    const elapsedS = (performance.now() - startedMs) / 1000;
    return { spansPerS: (sent * template.spans) / elapsedS, latenciesMs };
  };
}

function quantile(values: readonly number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)} ms`;
}

/** Sums of the ledger, of which every digit is known beforehand. */
async function checkSums(host: CollectorHost): Promise<void> {
  const columns = ['calls', 'in_uncached', 'out_text', 'cost_usd'].map((c) => `sum(${c})`).join();
  const found = await host.sql(
    `SELECT ${columns}, count() FROM aicost.ledger WHERE tenant = 'bench' FORMAT TSV`,
  );
  const n = BigInt(units);
  const { calls, input, output } = BILLED_PER_UNIT;
  const wanted = [calls * n, input * n, output * n, formatUsd(COST_PER_UNIT_ATTO * n)].join('\t');
  const [entries] = found.split('\t').slice(-1);
  const isEqual = found === `${wanted}\t${entries}`;
  write(`  sums          calls, input, output, USD: ${wanted.replaceAll('\t', ', ')}`);
  write(
    `  ledger        ${isEqual ? 'equal to the digit' : `DIFFERENT: ${found}`}; ${entries} entries`,
  );
  if (!isEqual) throw new Error('the ledger does not come to what was sent');
}

/** Seconds that all cores together were busy since the machine was started. */
function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice, 0) / 1000;
}

async function run(): Promise<void> {
  const nodeFlags = profile === undefined ? [] : ['--cpu-prof', profile];
  const host = new CollectorHost(['bench', 'live'], ['--settle', 'off'], nodeFlags);
  try {
    await host.ready();
    const maxSpansPerS = await load(host);
    await host.untilStored(TRACES * 10);
    write(`${TRACES} ambiguous traces of 10 spans, taken at ${Math.round(maxSpansPerS)} spans/s`);
    const stopSending = keepSending(host, maxSpansPerS * INGEST_SHARE);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const before = host.usage();
    const [startedMs, startedBusyS, startedOwn] = [
      performance.now(),
      busySeconds(),
      process.cpuUsage(),
    ];
    const settled = await host.settle();
    const seconds = (performance.now() - startedMs) / 1000;
    const after = host.usage();
    const busyS = busySeconds() - startedBusyS;
    const own = process.cpuUsage(startedOwn);
    const [collectorS, engineS] = [
      after.collectorS - before.collectorS,
      after.engineS - before.engineS,
    ];
    const othersS = busyS - collectorS - engineS - (own.user + own.system) / 1e6;
    const { spansPerS, latenciesMs } = await stopSending();
    write(
      `  settle        ${seconds.toFixed(1)} s, ${Math.round(Number(settled['traces']) / seconds)} traces/s`,
    );
    write(`  told          ${JSON.stringify(settled)}`);
    write(
      `  ingest        ${Math.round(spansPerS)} spans/s meanwhile; answers: median ${quantile(latenciesMs, 0.5)}, 99 % ${quantile(latenciesMs, 0.99)}, longest ${quantile(latenciesMs, 1)}`,
    );
    const others = Math.round((100 * othersS) / seconds / availableParallelism());
    write(`  CPU           collector ${collectorS.toFixed(1)} s, engine ${engineS.toFixed(1)} s`);
    write(
      `  machine       ${availableParallelism()} cores, of which other processes had ${others} %`,
    );
    write(
      `  memory        collector ${Math.round(after.collectorBytes / 1e6)} MB, engine ${Math.round(after.engineBytes / 1e6)} MB`,
    );
    await checkSums(host);
  } finally {
    await host.stop();
  }
}

/** How much of what SDKs send settle has to look at. Before decision 7 that was every trace with a call. */
async function share(): Promise<void> {
  const host = new CollectorHost(['bench'], ['--settle', 'on', '--settle-after', '1h']);
  try {
    await host.ready();
    const requests = realisticRequests(isFull ? 10_000 : 2_000, 7);
    for (const request of requests) await host.send('bench', request);
    const { traces, resolved, entries } = await host.settle();
    const all = Number(traces) + Number(resolved);
    const percent = ((100 * Number(traces)) / all).toFixed(1);
    write(`realistic traffic: ${all} traces with calls in ${requests.length} requests`);
    write(
      `  reach settle  ${traces} traces, ${percent} %, which get ${entries} entries (before: 100 %)`,
    );
    const again = await host.settle();
    write(`  settled again ${JSON.stringify(again)}`);
  } finally {
    await host.stop();
  }
}

if (!process.argv.includes('--only-share')) await run();
await share();
