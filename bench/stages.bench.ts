/**
 * CPU per span of each stage between bytes and Native blocks, in one run on the same bytes: decode (the keys recognised
 * too), hash, normalise, price, rows of spans, and entries with the roles of the request. Each step runs with all steps
 * before it, and the difference is the step's own. Two payloads: every span an LLM span with usage, and none.
 * `node bench/stages.bench.ts` is a quick look; `--full` measures (two minutes).
 */
import { DEFAULT_DECODE_LIMITS } from '@ai-cost-profiler/collector/decode/decode-error.ts';
import { decodeTracesProtobuf } from '@ai-cost-profiler/collector/decode/decode-protobuf.ts';
import { requestType } from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';
import { referenceRequest } from '@ai-cost-profiler/collector/decode/fixtures/reference-payload.ts';
import { SpanView } from '@ai-cost-profiler/collector/decode/span-view.ts';
import type { PendingRows } from '@ai-cost-profiler/collector/journal/pending-rows.ts';
import type { LandingBlocks } from '@ai-cost-profiler/collector/keep-spans.ts';
import { DIALECTS } from '@ai-cost-profiler/collector/normalise/dialects.ts';
import { Normaliser } from '@ai-cost-profiler/collector/normalise/normalise.ts';
import type { Charge } from '@ai-cost-profiler/collector/price/charge-call.ts';
import { chargeKind } from '@ai-cost-profiler/collector/price/charge-kind.ts';
import { loadPriceBook } from '@ai-cost-profiler/collector/price/load-book.ts';
import type { PriceBook } from '@ai-cost-profiler/collector/price/price-book.ts';
import { appendEntry } from '@ai-cost-profiler/collector/rows/append-entry.ts';
import { appendKnownCharge } from '@ai-cost-profiler/collector/rows/append-known-charge.ts';
import { appendSpan } from '@ai-cost-profiler/collector/rows/append-span.ts';
import { CardinalityGuard } from '@ai-cost-profiler/collector/rows/cardinality-guard.ts';
import { createEntryBlock } from '@ai-cost-profiler/collector/rows/entry-block.ts';
import { ContentRedactor } from '@ai-cost-profiler/collector/rows/redact.ts';
import { createSpanBlock } from '@ai-cost-profiler/collector/rows/span-block.ts';
import { OpenTraces } from '@ai-cost-profiler/collector/settle/open-traces.ts';
import { RequestTraces } from '@ai-cost-profiler/collector/settle/request-traces.ts';

const STEPS = ['decode', 'hash', 'normalise', 'price', 'rows', 'entries'] as const;
const isFull = process.argv.includes('--full');
const SPANS = 512;
const rounds = isFull ? 15 : 3;
const requestsPerRound = isFull ? 100 : 5;

type Request = ReturnType<typeof referenceRequest>;

/** The same spans with other keys of the same length: no dialect knows them. */
function withoutCalls(request: Request): Request {
  const text = JSON.stringify(request, (_key, value) =>
    Buffer.isBuffer(value) || value instanceof Uint8Array ? { bytes: [...value] } : value,
  );
  return JSON.parse(text.replaceAll('gen_ai.', 'apples.'), (_key, value) =>
    value !== null && typeof value === 'object' && 'bytes' in value && Array.isArray(value.bytes)
      ? Uint8Array.from(value.bytes as number[])
      : value,
  ) as Request;
}

function payloads(change: (request: Request) => Request): Buffer[] {
  return Array.from({ length: 8 }, (_, seed) =>
    Buffer.from(
      requestType.encode(requestType.fromObject(change(referenceRequest(SPANS, seed)))).finish(),
    ),
  );
}

/** What decides the roles of a request; all rows go to the same blocks. */
function createTraces(
  rows: PendingRows<LandingBlocks>,
  open: OpenTraces,
  book: PriceBook,
): RequestTraces {
  return new RequestTraces({
    journal: { rowsFor: () => rows },
    open,
    guard: new CardinalityGuard(),
    bookFor: () => book,
    mayReverse: true,
    nowMs: () => 1_787_227_200_000,
    append: appendEntry,
    appendKnown: appendKnownCharge,
    onFault: (error) => {
      throw error;
    },
  });
}

/** Runs the first `steps` steps over a request and returns a number that depends on what they gave. */
function createRoad(): (bytes: Uint8Array, steps: number) => number {
  const view = new SpanView();
  const normaliser = new Normaliser(DIALECTS);
  const book = loadPriceBook();
  const span = createSpanBlock();
  const entry = createEntryBlock();
  const redactor = new ContentRedactor({
    isContentStored: false,
    dialects: DIALECTS,
    secretOf: () => Buffer.alloc(32),
  });
  const context = { tenant: 'default', service: 'bench', environment: '' };
  const rows = { blocks: { span, entry }, day: 20_685 } as unknown as PendingRows<LandingBlocks>;
  const open = new OpenTraces({ idleMsMax: 60_000 });
  const traces = createTraces(rows, open, book);
  const attributionOf = () => normaliser.attributionOfLast();
  let steps = 0;
  let sum = 0;
  const take = (seen: SpanView): void => {
    sum += seen.attributes.count;
    if (steps < 2) return;
    seen.hashContent();
    sum += seen.hashLo & 1;
    if (steps < 3) return;
    const read = normaliser.read(seen);
    sum += read?.usage.inputTokens ?? 0;
    if (steps < 4) return;
    const charge: Charge | undefined = read && chargeKind(book, read, seen);
    if (charge?.costAtto !== undefined) sum += charge.costAtto > 3_000_000_000_000_000n ? 2 : 1;
    if (steps < 5) return;
    appendSpan(span, seen, read, { ...context, receivedAtNs: 0n, attributionOf, redactor });
    if (steps < 6) return;
    const attribution = read === undefined ? attributionOf() : undefined;
    const kept = { ...context, pending: rows, row: span.rows - 1, isChanged: false };
    traces.add(seen, { ...kept, attribution, call: read, charge });
  };
  return (bytes, upTo) => {
    steps = upTo;
    sum = 0;
    traces.begin('default');
    const outcome = decodeTracesProtobuf(bytes, { span: take }, DEFAULT_DECODE_LIMITS, view);
    if (!outcome.ok) throw outcome.error;
    if (steps >= 6) {
      traces.settled(traces.finish(), true);
      sum += entry.rows > 0 ? entry.take().length : 0;
      // The same bytes come again here: they must not look like the same spans.
      open.releaseAll();
    }
    if (steps >= 5) sum += span.take().length;
    return sum;
  };
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU µs per span for 1, 2, … all steps, each of its least disturbed round. */
function measure(
  road: ReturnType<typeof createRoad>,
  requests: Buffer[],
): { cumulative: number[]; checksum: number } {
  const samples: number[][] = STEPS.map(() => []);
  let checksum = 0;
  for (let round = 0; round <= rounds; round++) {
    for (let step = 0; step < STEPS.length; step++) {
      const start = cpuMicroseconds();
      for (let i = 0; i < requestsPerRound; i++)
        checksum = road(requests[i % requests.length]!, step + 1);
      const each = (cpuMicroseconds() - start) / (SPANS * requestsPerRound);
      // The first round warms up.
      if (round > 0) samples[step]!.push(each);
    }
  }
  const cumulative = samples.map((values) => Math.min(...values));
  return { cumulative, checksum };
}

const road = createRoad();
for (const [name, requests] of [
  ['every span a call', payloads((request) => request)],
  ['no span a call', payloads(withoutCalls)],
] as const) {
  const { cumulative, checksum } = measure(road, requests);
  const own = cumulative.map((value, i) => value - (cumulative[i - 1] ?? 0));
  const decode = own[0]!;
  process.stdout.write(
    `${name}: ${Math.round(requests[0]!.length / SPANS)} bytes a span, checksum ${checksum}\n`,
  );
  STEPS.forEach((step, i) => {
    process.stdout.write(
      `  ${step.padEnd(10)} ${own[i]!.toFixed(2).padStart(6)} µs  ${(own[i]! / decode).toFixed(2)} of decode\n`,
    );
  });
  const both = own[2]! + own[3]!;
  process.stdout.write(
    `  normalise + price ${(both / decode).toFixed(2)} of decode; all ${cumulative.at(-1)!.toFixed(2)} µs\n`,
  );
}
