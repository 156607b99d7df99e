/**
 * Time to an acknowledgement at 20 % of the maximum rate, with dashboards asking beside it; and what three times the
 * maximum does: nothing acknowledged may be lost, memory stays bounded, most of the maximum is still taken, and
 * afterwards all is well at once. `npm run bench:latency -- --help`.
 */
import { CollectorUnderTest } from '../collector-under-test.ts';
import { benchOptions, type Figure } from '../result.ts';
import { send } from '../sender/sender.ts';
import { quantile, type SendReport } from '../sender/sending.ts';
import { sleep } from '../wait.ts';
import { diskFloorMs, floorFigures } from './disk-floor.ts';
import { ResidentWatch } from './resident-watch.ts';
import { Viewers } from './viewers.ts';

const SPANS_PER_REQUEST = 512;
const SHARE = 0.2;
const OVERLOAD = 3;
/** As quick as before, or quicker than this. */
const WELL_MS = 100;
const RECOVERED_AFTER = 10;
const MEMORY_MB_MAX = 512;
const IDS_A_QUESTION = 500;

const options = benchOptions('latency');

/** Milliseconds until ten requests in a row were acknowledged, each within `wellMs`. */
async function recoveryMs(collector: CollectorUnderTest, wellMs: number): Promise<number> {
  const startedMs = performance.now();
  const probe = {
    url: collector.url,
    key: collector.key,
    variant: 'calls',
    connections: 1,
  } as const;
  for (;;) {
    const report = await send({
      ...probe,
      seed: 99,
      load: { kind: 'requests', requests: RECOVERED_AFTER },
    });
    const isWell = report.ackedRequests === RECOVERED_AFTER && report.ackMs.at(-1)! <= wellMs;
    const sendingMs = report.wallMs;
    if (isWell) return Math.max(0, performance.now() - startedMs - sendingMs - processStartMs);
    if (performance.now() - startedMs > 120_000) return Number.NaN;
    await sleep(100);
  }
}

/** What it takes to start a sender, which is no part of the recovery; measured while nothing else goes on. */
let processStartMs = 0;

/** Requests that were acknowledged and are not there, and how many of all that were sent are. */
async function lostOf(collector: CollectorUnderTest, { ackedIds, sentIds }: SendReport) {
  const ackedThere = await countThere(collector, ackedIds);
  const requestsThere = await countThere(collector, sentIds);
  return { lost: ackedIds.length - ackedThere, requestsThere };
}

async function countThere(collector: CollectorUnderTest, ids: readonly string[]): Promise<number> {
  let there = 0;
  for (let at = 0; at < ids.length; at += IDS_A_QUESTION) {
    const some = ids.slice(at, at + IDS_A_QUESTION).map((id) => `'${id}'`);
    const sql = `SELECT uniqExact(span_id) FROM aicost.spans WHERE span_id IN (${some.join()})`;
    there += Number(await collector.sql(sql));
  }
  return there;
}

interface Course {
  readonly collector: CollectorUnderTest;
  readonly seconds: number;
}

const calls = ({ url, key }: CollectorUnderTest) => ({ url, key, variant: 'calls' }) as const;

/** Compiles what is hot, and learns what it takes to start a sender. */
async function warmUp({ collector }: Course, requests: number): Promise<void> {
  const load = (count: number) => ({ kind: 'requests', requests: count }) as const;
  await send({ ...calls(collector), seed: 1, connections: 4, load: load(requests) });
  await collector.untilStored();
  const startedMs = performance.now();
  const one = await send({ ...calls(collector), seed: 2, connections: 1, load: load(1) });
  processStartMs = performance.now() - startedMs - one.wallMs;
}

async function mostSpansPerS({ collector, seconds }: Course): Promise<number> {
  const load = { kind: 'seconds', seconds: seconds / 2 } as const;
  const { ackedSpans, wallMs } = await send({ ...calls(collector), seed: 3, connections: 8, load });
  await collector.untilStored();
  return (ackedSpans * 1000) / wallMs;
}

async function calm({ collector, seconds }: Course, spansPerS: number) {
  const viewers = new Viewers(collector);
  const load = { kind: 'seconds', seconds, spansPerS } as const;
  const report = await send({ ...calls(collector), seed: 4, connections: 64, load });
  const { questions, medianMs } = await viewers.stop();
  await collector.untilStored();
  const { ackMs, ackedRequests } = report;
  const p99Ms = quantile(ackMs, 0.99);
  const figures: Figure[] = [
    { name: 'acknowledged at 20 %, median', value: quantile(ackMs, 0.5), unit: 'ms' },
    { name: 'acknowledged at 20 %, p99', value: p99Ms, unit: 'ms', most: 25 },
    { name: 'requests at 20 %', value: ackedRequests, unit: 'requests' },
    { name: 'dashboard questions beside it', value: questions, unit: 'answers' },
    { name: 'a dashboard question, median', value: medianMs, unit: 'ms' },
  ];
  return { figures, p99Ms };
}

async function overload({ collector, seconds }: Course, mostPerS: number, calmP99Ms: number) {
  const memory = new ResidentWatch(collector.pid);
  const load = {
    kind: 'seconds',
    seconds,
    spansPerS: mostPerS * OVERLOAD,
    isDropped: true,
  } as const;
  const report = await send({ ...calls(collector), seed: 5, connections: 128, load });
  const recoveredMs = await recoveryMs(collector, Math.max(WELL_MS, calmP99Ms));
  const mostMb = memory.stop() / 1e6;
  await collector.untilStored();
  const { lost, requestsThere } = await lostOf(collector, report);
  const share = (report.ackedSpans * 100_000) / report.wallMs / mostPerS;
  const turnedAway = report.dropped + refusedOf(report);
  const figures: Figure[] = [
    { name: 'overload: goodput of the maximum', value: share, unit: '%', least: 80 },
    { name: 'overload: acknowledged, not stored', value: lost, unit: 'requests', most: 0 },
    { name: 'overload: refused or not sent', value: turnedAway, unit: 'requests' },
    { name: 'overload: memory of the collector', value: mostMb, unit: 'MB', most: MEMORY_MB_MAX },
    { name: 'overload: recovered after', value: recoveredMs, unit: 'ms', most: 5000 },
  ];
  return { figures, requestsThere };
}

async function measure(isFull: boolean) {
  const collector = await CollectorUnderTest.start();
  const course = { collector, seconds: isFull ? 60 : 6 };
  options!.progress('warm-up');
  await warmUp(course, isFull ? 400 : 60);
  options!.progress('the disk alone');
  const floor = floorFigures(await diskFloorMs(collector.directory));
  options!.progress('the maximum rate');
  const mostPerS = await mostSpansPerS(course);
  options!.progress(`${SHARE} of ${Math.round(mostPerS)} spans/s, with dashboards`);
  const { figures: calmFigures, p99Ms } = await calm(course, mostPerS * SHARE);
  options!.progress(`${OVERLOAD} times the maximum`);
  const { figures, requestsThere } = await overload(course, mostPerS, p99Ms);
  const stored = await collector.sql('SELECT count() FROM aicost.spans');
  await collector.stop();
  collector.remove();
  const most = { name: 'maximum rate, one sender', value: mostPerS, unit: 'spans/s' };
  const whole = `${requestsThere * SPANS_PER_REQUEST} spans in whole requests`;
  return {
    figures: [most, ...floor, ...calmFigures, ...figures],
    checksums: { 'stored spans': stored, 'of the overload': whole },
  };
}

const refusedOf = ({ refused }: SendReport): number =>
  Object.values(refused).reduce((sum, count) => sum + count, 0);

if (options !== undefined) {
  const about =
    'Time to an acknowledgement (fsync included) at 20 % of the maximum rate with dashboards beside it, and three times the maximum rate.';
  options.finish({ about, ...(await measure(options.isFull)) });
}
