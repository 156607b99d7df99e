/**
 * Ten minutes at a steady rate: what the collector holds after a forced collection of garbage, each few seconds, and
 * what of it grows; the active parts of the engine meanwhile. `npm run bench:soak -- --minutes 10`.
 *
 * A pass of settle holds the step it works on, tens of megabytes, and gives it back. So settle starts to work at once
 * instead of in the middle of what counts, and what grows is told by the least of each tenth of the time.
 */
import { CollectorUnderTest } from '../collector-under-test.ts';
import { benchOptions, type Figure } from '../result.ts';
import { send } from '../sender/sender.ts';
import { sleep } from '../wait.ts';
import { type Held, Inspected } from './inspected.ts';

const SPANS_PER_S = 5_000;
/** The first part of the time is for what fills up once: the filter's memory, caches, compiled code. */
const SETTLED_AFTER = 0.2;
const SAMPLE_EVERY_S = 2;
/** Traces are settled from the first part of the time on, as in a collector that has run for long. */
const SETTLE_AFTER = '10s';
/** Full within the part of the time that does not count; what it holds then no longer grows. */
const REMEMBERED_SPANS = 500_000;

const ACTIVE_PARTS = "SELECT count() FROM system.parts WHERE active AND database = 'aicost'";

const options = benchOptions('soak');

interface Sample extends Held {
  readonly minute: number;
  readonly parts: number;
}

/** Growth per minute of the straight line through the least of each tenth of the time. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const tenth = samples.at(-1)!.minute / 10;
  const least = [...Map.groupBy(samples, ({ minute }) => Math.floor(minute / tenth))].map(
    ([n, some]) => [n * tenth, Math.min(...some.map(of))] as const,
  );
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const minutes = mean(least.map(([minute]) => minute));
  const value = mean(least.map(([, held]) => held));
  let above = 0;
  let below = 0;
  for (const [minute, held] of least) {
    above += (minute - minutes) * (held - value);
    below += (minute - minutes) ** 2;
  }
  return above / below;
}

async function take(collector: CollectorUnderTest, minutes: number): Promise<Sample[]> {
  const inspected = await Inspected.connect(() => collector.output);
  const count = Math.floor((minutes * 60) / SAMPLE_EVERY_S);
  const samples: Sample[] = [];
  const startedMs = performance.now();
  for (let n = 1; n <= count; n++) {
    const dueMs = startedMs + (n * minutes * 60_000) / count;
    await sleep(Math.max(0, dueMs - performance.now()));
    const minute = (performance.now() - startedMs) / 60_000;
    const parts = Number(await collector.sql(ACTIVE_PARTS));
    samples.push({ ...(await inspected.held()), minute, parts });
    if (n % 15 === 0) options!.progress(JSON.stringify(samples.at(-1)));
  }
  inspected.close();
  return samples;
}

async function measure(minutes: number) {
  const collector = await CollectorUnderTest.start({
    flags: ['--dedupe-spans', String(REMEMBERED_SPANS), '--settle-after', SETTLE_AFTER],
    nodeFlags: ['--inspect=127.0.0.1:0'],
  });
  const { url, key } = collector;
  const load = { kind: 'seconds', seconds: minutes * 60, spansPerS: SPANS_PER_S } as const;
  const sent = send({ url, key, variant: 'calls', seed: 1, connections: 8, load });
  const samples = await take(collector, minutes);
  const report = await sent;
  await collector.untilStored();
  const stored = await collector.sql('SELECT count() FROM aicost.spans');
  await collector.stop();
  collector.remove();
  const settled = samples.filter(({ minute }) => minute >= minutes * SETTLED_AFTER);
  const heap = slope(settled, ({ heapBytes }) => heapBytes) / 1e6;
  const external = slope(settled, ({ externalBytes }) => externalBytes) / 1e6;
  const parts = Math.max(...samples.map((sample) => sample.parts));
  const figures: Figure[] = [
    { name: 'minutes', value: minutes, unit: 'min' },
    { name: 'acknowledged', value: report.ackedSpans, unit: 'spans' },
    { name: 'JS heap grows by', value: heap, unit: 'MB/min', most: 1 },
    { name: 'external memory grows by', value: external, unit: 'MB/min', most: 1 },
    { name: 'handles grow by', value: handlesMore(settled), unit: 'handles', most: 0 },
    ...Object.entries(CONNECTIONS).map(([kind, most]) => {
      const name = `${kind.replace('connection', 'connections')}, at most`;
      return { name, value: mostOf(settled, kind), unit: 'handles', most };
    }),
    { name: 'active parts, at most', value: parts, unit: 'parts', most: 299 },
  ];
  const acked = String(report.ackedSpans);
  return { figures, checksums: { 'stored spans': stored, 'acknowledged spans': acked } };
}

/** Connections come and go: the sender allows itself 8 and this program asks by one; the store allows itself 32. */
const CONNECTIONS = { 'connection of a client': 9, 'connection to the engine': 32 };

/** Of each kind the most of the last third beside the most of the first; the growths added up. */
function handlesMore(samples: readonly Sample[]): number {
  const third = Math.ceil(samples.length / 3);
  const [first, last] = [samples.slice(0, third), samples.slice(-third)];
  const kinds = new Set(samples.flatMap(({ handles }) => Object.keys(handles)));
  return [...kinds]
    .filter((kind) => !(kind in CONNECTIONS))
    .map((kind) => Math.max(0, mostOf(last, kind) - mostOf(first, kind)))
    .reduce((sum, more) => sum + more, 0);
}

function mostOf(samples: readonly Sample[], kind: string): number {
  return Math.max(...samples.map(({ handles }) => handles[kind] ?? 0));
}

if (options !== undefined) {
  const minutes = options.minutes ?? (options.isFull ? 10 : 1 / 3);
  const about = `${SPANS_PER_S} spans/s: what grows after the first fifth of the time, by a straight line through the least of each tenth, each after a forced collection of garbage.`;
  options.finish({ about, ...(await measure(minutes)) });
}
