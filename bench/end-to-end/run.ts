/**
 * The whole collector on the embedded engine (HTTP in, fsync'ed, stored, every view updated) beside the engine alone
 * inserting the blocks that this very run made, at its best block size: spans per CPU-second of all processes but the
 * senders'. `npm run bench:end-to-end -- --help`.
 */
import { CollectorUnderTest } from '../collector-under-test.ts';
import type { ReferenceVariant } from '../corpus/reference.ts';
import { benchOptions, type Figure } from '../result.ts';
import { send } from '../sender/sender.ts';
import { insertAlone } from './engine-alone.ts';

const SPANS_PER_REQUEST = 512;
const CONNECTIONS = 4;
const JOINED = [1, 2, 4];

/** What both sides must hold the same. */
const PROOFS = [
  `SELECT concat(toString(count()), ' ', toString(groupBitXor(cityHash64(trace_id, span_id)))) AS proof FROM aicost.spans`,
  `SELECT concat(toString(count()), ' ', toString(sum(cost_usd))) AS proof FROM aicost.ledger`,
  `SELECT concat(toString(sum(calls)), ' ', toString(sum(cost_usd))) AS proof FROM aicost.cost_hourly`,
];

const options = benchOptions('end-to-end');
const seconds = (ms: number) => ms / 1000;

interface Whole {
  readonly spans: number;
  readonly collectorMs: number;
  readonly engineMs: number;
  readonly wallMs: number;
  readonly proofs: readonly string[];
  readonly collector: CollectorUnderTest;
  /** Segments of the warm-up are before this one. */
  readonly firstSegment: number;
}

async function measureWhole(variant: ReferenceVariant, requests: number): Promise<Whole> {
  const collector = await CollectorUnderTest.start({ isKept: true });
  const { url, key } = collector;
  const wish = { url, key, variant, connections: CONNECTIONS };
  const warmUp = Math.max(40, Math.ceil(requests / 10));
  const load = (count: number) => ({ kind: 'requests', requests: count }) as const;
  await send({ ...wish, seed: 1, load: load(warmUp) });
  await collector.untilStored();
  await collector.untilQuiet();
  const firstSegment = collector.segments.length;
  const before = [collector.collectorUsage(), collector.engineUsage()] as const;
  const startedMs = performance.now();
  const report = await send({ ...wish, seed: 2, load: load(requests) });
  await collector.untilStored();
  const wallMs = performance.now() - startedMs;
  await collector.untilQuiet();
  const after = [collector.collectorUsage(), collector.engineUsage()] as const;
  if (report.ackedRequests !== requests)
    throw new Error(`refused: ${JSON.stringify(report.refused)}`);
  const proofs: string[] = [];
  for (const proof of PROOFS) proofs.push(await collector.sql(proof));
  return {
    ...{ spans: report.ackedSpans, wallMs, proofs, collector, firstSegment },
    collectorMs: after[0].cpuMs - before[0].cpuMs,
    engineMs: after[1].cpuMs - before[1].cpuMs,
  };
}

async function compare(variant: ReferenceVariant, requests: number, figures: Figure[]) {
  options!.progress(`${variant}: ${requests * SPANS_PER_REQUEST} spans through the collector`);
  const whole = await measureWhole(variant, requests);
  const { collector, spans, firstSegment } = whole;
  await collector.stop();
  const warmUp = collector.segments.slice(0, firstSegment);
  const measured = collector.segments.slice(firstSegment);
  let bestMs = Number.POSITIVE_INFINITY;
  let bestRows = 0;
  for (const joined of JOINED) {
    options!.progress(`${variant}: the engine alone, ${joined} segments an insert`);
    const alone = await insertAlone({ warmUp, measured, joined, proofs: PROOFS });
    if (alone.proofs.join() !== whole.proofs.join()) {
      throw new Error(`not the same rows: ${whole.proofs.join()} and ${alone.proofs.join()}`);
    }
    if (alone.cpuMs < bestMs) {
      bestMs = alone.cpuMs;
      bestRows = spans / alone.inserts;
    }
  }
  collector.remove();
  const wholeMs = whole.collectorMs + whole.engineMs;
  const isReference = variant === 'calls';
  figures.push(
    {
      ...{
        name: `${variant}: share of the engine alone`,
        value: (100 * bestMs) / wholeMs,
        unit: '%',
      },
      ...(isReference ? { least: 50 } : {}),
    },
    {
      ...{ name: `${variant}: end to end`, value: spans / seconds(wholeMs), unit: 'spans/CPU-s' },
    },
    {
      name: `${variant}: the engine alone, at its best block size`,
      value: spans / seconds(bestMs),
      unit: 'spans/CPU-s',
    },
    { name: `${variant}: spans a block, at best`, value: Math.round(bestRows), unit: 'spans' },
    { name: `${variant}: collector`, value: (whole.collectorMs * 1000) / spans, unit: 'µs/span' },
    {
      ...{ name: `${variant}: engine`, value: (whole.engineMs * 1000) / spans, unit: 'µs/span' },
      most: 8,
    },
    { name: `${variant}: stored`, value: spans / seconds(whole.wallMs), unit: 'spans/s' },
  );
  return whole.proofs;
}

if (options !== undefined) {
  const requests = options.isFull ? 2000 : 100;
  const figures: Figure[] = [];
  const checksums: Record<string, string> = {};
  for (const variant of ['calls', 'tenth'] as const) {
    const [spans, ledger, hourly] = await compare(variant, requests, figures);
    Object.assign(checksums, {
      [`${variant}: spans`]: spans!,
      [`${variant}: ledger`]: ledger!,
      [`${variant}: cost_hourly`]: hourly!,
    });
  }
  options.finish({
    about:
      'HTTP in, fsync, stored, views updated, merges included: spans per CPU-second of collector and engine, beside the engine alone inserting the same blocks.',
    figures,
    checksums,
  });
}
