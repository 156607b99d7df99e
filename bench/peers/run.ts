/**
 * Our collector beside the OpenTelemetry Collector with its ClickHouse exporter: the same requests over OTLP/HTTP, a
 * synced queue on disk, and the same sink that throws rows away. Spans per CPU-second of the collector process alone,
 * and its memory. `npm run bench:peers -- --help`; without Go it says so and measures nothing.
 */
import { join } from 'node:path';
import { startTestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { CollectorUnderTest } from '../collector-under-test.ts';
import type { ReferenceVariant } from '../corpus/reference.ts';
import { ResidentWatch } from '../latency/resident-watch.ts';
import { usageOf } from '../process-usage.ts';
import { benchOptions, type Figure } from '../result.ts';
import { send } from '../sender/sender.ts';
import { until } from '../wait.ts';
import { DiscardingSink } from './discarding-sink.ts';
import { builtCollector } from './otelcol/build.ts';
import { OtelCollector } from './otelcol/collector.ts';

const CONNECTIONS = 4;
const QUIET_MS = 3_000;
const options = benchOptions('peers');

interface Peer {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
}

interface Measured {
  readonly spansPerCpuS: number;
  readonly memoryMb: number;
  readonly sinkBytes: number;
  readonly sinkRows: number;
  readonly spans: number;
}

/** Resolves when the sink got nothing for a while. */
async function untilSilent(sink: DiscardingSink): Promise<void> {
  let bytes = -1;
  let sinceMs = performance.now();
  await until('nothing comes any more', () => {
    if (sink.discardedBytes !== bytes) {
      bytes = sink.discardedBytes;
      sinceMs = performance.now();
    }
    return performance.now() - sinceMs > QUIET_MS;
  });
}

async function measure(
  peer: Peer,
  sink: DiscardingSink,
  variant: ReferenceVariant,
  requests: number,
): Promise<Measured> {
  const { url, key, pid } = peer;
  const wish = { url, key, variant, connections: CONNECTIONS };
  const load = (count: number) => ({ kind: 'requests', requests: count }) as const;
  await send({ ...wish, seed: 1, load: load(Math.max(40, requests / 10)) });
  await untilSilent(sink);
  const memory = new ResidentWatch(pid);
  const bytes = sink.discardedBytes;
  const rows = sink.discardedRows;
  const { cpuMs } = usageOf(pid);
  const report = await send({ ...wish, seed: 2, load: load(requests) });
  await untilSilent(sink);
  const usedMs = usageOf(pid).cpuMs - cpuMs;
  if (report.ackedRequests !== requests)
    throw new Error(`refused: ${JSON.stringify(report.refused)}`);
  return {
    spansPerCpuS: (report.ackedSpans * 1000) / usedMs,
    memoryMb: memory.stop() / 1e6,
    sinkBytes: sink.discardedBytes - bytes,
    sinkRows: sink.discardedRows - rows,
    spans: report.ackedSpans,
  };
}

async function withSink<T>(work: (sink: DiscardingSink) => Promise<T>): Promise<T> {
  const engine = await startTestEngine({ listen: { kind: 'tcp', host: '127.0.0.1', port: 0 } });
  const sink = await DiscardingSink.start(engine.address);
  try {
    return await work(sink);
  } finally {
    sink.stop();
    await engine.remove();
  }
}

function ours(variant: ReferenceVariant, requests: number): Promise<Measured> {
  return withSink(async (sink) => {
    const server = ['--clickhouse-url', `http://127.0.0.1:${sink.port}`, '--settle', 'off'];
    const collector = await CollectorUnderTest.start({ flags: server });
    try {
      return await measure(collector, sink, variant, requests);
    } finally {
      await collector.stop();
      collector.remove();
    }
  });
}

function theirs(program: string, variant: ReferenceVariant, requests: number): Promise<Measured> {
  return withSink(async (sink) => {
    const collector = await OtelCollector.start(program, sink.port);
    try {
      const { url, pid } = collector;
      const measured = await measure({ url, pid, key: '' }, sink, variant, requests);
      if (measured.sinkRows !== measured.spans) {
        throw new Error(`${measured.sinkRows} rows of ${measured.spans} came: ${collector.output}`);
      }
      return measured;
    } finally {
      await collector.stop();
    }
  });
}

async function compare(program: string, variant: ReferenceVariant, requests: number) {
  options!.progress(`${variant}: ours`);
  const own = await ours(variant, requests);
  options!.progress(`${variant}: the OpenTelemetry Collector`);
  const other = await theirs(program, variant, requests);
  const isReference = variant === 'calls';
  const ratio = own.spansPerCpuS / other.spansPerCpuS;
  const figures: Figure[] = [
    {
      name: `${variant}: ours beside the OpenTelemetry Collector`,
      value: ratio,
      unit: '×',
      ...(isReference ? { least: 2 } : {}),
    },
    { name: `${variant}: ours`, value: own.spansPerCpuS, unit: 'spans/CPU-s' },
    {
      name: `${variant}: the OpenTelemetry Collector`,
      value: other.spansPerCpuS,
      unit: 'spans/CPU-s',
    },
    { name: `${variant}: our memory, at most`, value: own.memoryMb, unit: 'MB' },
    { name: `${variant}: its memory, at most`, value: other.memoryMb, unit: 'MB' },
    {
      name: `${variant}: our bytes to ClickHouse a span`,
      value: own.sinkBytes / own.spans,
      unit: 'B',
    },
    {
      name: `${variant}: its bytes to ClickHouse a span`,
      value: other.sinkBytes / other.spans,
      unit: 'B',
    },
  ];
  return { figures, spans: own.spans };
}

if (options !== undefined) {
  const program = builtCollector(join(import.meta.dirname, 'otelcol'), options.progress);
  if (program === undefined) {
    options.progress('there is no Go here, so there is no OpenTelemetry Collector to compare with');
  } else {
    const requests = options.isFull ? 2000 : 100;
    const calls = await compare(program, 'calls', requests);
    const tenth = await compare(program, 'tenth', requests);
    options.finish({
      about:
        'Server mode: OTLP/HTTP in, a synced queue on disk, rows to the same sink that throws them away. Spans per CPU-second of the collector process (OpenTelemetry Collector 0.161 with its ClickHouse exporter).',
      figures: [...calls.figures, ...tenth.figures],
      checksums: { 'spans, each': String(calls.spans) },
    });
  }
}
