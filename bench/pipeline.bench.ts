/**
 * Spans per CPU-second from OTLP bytes to Native blocks (decode, dedupe, normalise, price, encode, and the roles of the
 * request) beside those of protobufjs's static decoder alone, on the same bytes in the same run. It is the whole road
 * of the collector but for its disk: the journal writes to files that forget. Other ids in every request.
 * `node bench/pipeline.bench.ts` shows that it runs; `--full` measures (about a minute a payload).
 */

import { randomBytes } from 'node:crypto';
import { TraceAcceptor } from '@ai-cost-profiler/collector/accept-traces.ts';
import type { TenantId } from '@ai-cost-profiler/collector/access.ts';
import { JsonThread } from '@ai-cost-profiler/collector/decode/json-thread.ts';
import { Journal } from '@ai-cost-profiler/collector/journal/journal.ts';
import { SeenSpans } from '@ai-cost-profiler/collector/journal/seen-spans.ts';
import type { SegmentFiles } from '@ai-cost-profiler/collector/journal/segment-files.ts';
import type { LandingBlocks } from '@ai-cost-profiler/collector/keep-spans.ts';
import { JOURNAL_LIMITS } from '@ai-cost-profiler/collector/limits.ts';
import { createMetrics } from '@ai-cost-profiler/collector/metrics.ts';
import { createEntryBlock } from '@ai-cost-profiler/collector/rows/entry-block.ts';
import { createSpanBlock } from '@ai-cost-profiler/collector/rows/span-block.ts';
import { createKeeper } from '@ai-cost-profiler/collector/test-road.ts';
import { type ReferenceVariant, referenceRequests } from './corpus/reference.ts';
import type { CorpusRequest } from './corpus/request.ts';
import { benchOptions, type Figure } from './result.ts';
import { type DecodedRequest, staticDecoder } from './static-decoder.ts';

const ASKED: Record<ReferenceVariant, number> = { calls: 2, tenth: 2, content: 1.5 };
const NAMES: Record<ReferenceVariant, string> = {
  calls: 'every span an LLM span',
  tenth: 'one span in ten an LLM span',
  content: 'every span an LLM span, with message content',
};
const TENANT = 'bench' as TenantId;
const REQUESTS = 16;

const options = benchOptions('pipeline');
if (options !== undefined) {
  const rounds = options.isFull ? 30 : 2;
  const figures: Figure[] = [];
  const checksums: Record<string, string> = {};
  for (const variant of ['calls', 'tenth', 'content'] as const) {
    options.progress(NAMES[variant]);
    const measured = await compare(variant, rounds);
    const name = NAMES[variant];
    figures.push(
      {
        name: `${name}: ours beside protobufjs`,
        value: measured.ratio,
        unit: '×',
        least: ASKED[variant],
      },
      { name: `${name}: ours`, value: measured.oursUs, unit: 'µs a span' },
      { name: `${name}: protobufjs`, value: measured.theirsUs, unit: 'µs a span' },
      { name: `${name}: bytes`, value: measured.bytes, unit: 'a span' },
    );
    checksums[`${name}: spans taken, and decoded by protobufjs`] = String(measured.spans);
  }
  options.finish({
    about:
      'Spans per CPU-second from OTLP bytes to Native blocks, beside protobufjs decoding alone.',
    figures,
    checksums,
  });
}

/** Files that forget: what is measured is the CPU up to the disk. */
function forgetfulFiles(): SegmentFiles {
  const nothing = Buffer.alloc(0);
  const done = async () => undefined;
  return {
    openAppend: async () => ({ append: done, sync: done, truncate: done, close: done }),
    makeDirectory: done,
    syncDirectory: done,
    rename: done,
    remove: done,
    list: async () => [],
    read: async () => nothing,
    readRange: async () => nothing,
    stat: done,
    write: done,
  };
}

async function openAcceptor() {
  const seen = new SeenSpans(10_000_000);
  const journal = await Journal.open<LandingBlocks>({
    directory: '/nowhere',
    files: forgetfulFiles(),
    limits: { ...JOURNAL_LIMITS, journalBytesMax: Number.MAX_SAFE_INTEGER },
    seen,
    createBlocks: () => ({ span: createSpanBlock(), entry: createEntryBlock() }),
    nowMs: Date.now,
    randomId: () => randomBytes(16).toString('hex'),
    onEvent: (event) => {
      if (event.kind === 'flush_failed') throw event.error;
    },
  });
  const metrics = createMetrics();
  const keeper = createKeeper({ journal, seen, metrics, nowMs: Date.now });
  return {
    acceptor: new TraceAcceptor({ keeper, metrics, json: new JsonThread() }),
    metrics,
    journal,
  };
}

/** Turns about, so that a noisy moment falls on both. */
async function compare(variant: ReferenceVariant, rounds: number) {
  const { acceptor, metrics, journal } = await openAcceptor();
  const next = referenceRequests(variant, 1);
  const originals = Array.from({ length: REQUESTS }, () => next());
  const decode = await staticDecoder();
  const [ours, theirs]: [number[], number[]] = [[], []];
  let decoded = 0;
  for (let round = 0; round < rounds + 3; round++) {
    const requests = originals.map((one, n) => one.renew(round * REQUESTS + n + 1));
    const own = await cpuUsOf(async () => {
      for (const bytes of requests) await acceptor.accept(TENANT, bytes, 'protobuf');
    });
    const other = await cpuUsOf(async () => {
      for (const bytes of requests) decoded += spansIn(decode(bytes));
    });
    // The first rounds warm up.
    if (round >= 3) {
      ours.push(own / spansOf(originals));
      theirs.push(other / spansOf(originals));
    }
  }
  const taken = (await metrics.aicost_spans_accepted_total.get()).values[0]?.value;
  if (taken !== decoded) throw new Error(`${taken} spans taken, ${decoded} decoded by protobufjs`);
  await journal.close();
  const [oursUs, theirsUs] = [median(ours), median(theirs)];
  // Round by round: a neighbour's noise falls on both of a round.
  const ratio = median(theirs.map((one, round) => one / ours[round]!));
  const bytes = originals.reduce((sum, one) => sum + one.bytes.length, 0) / spansOf(originals);
  return { ratio, oursUs, theirsUs, bytes: Math.round(bytes), spans: decoded };
}

async function cpuUsOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function spansIn({ resourceSpans }: DecodedRequest): number {
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0);
}

function spansOf(requests: readonly CorpusRequest[]): number {
  return requests.reduce((sum, { spans }) => sum + spans, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
