/**
 * The road from a request to the journal for tests: the real stages over a temporary directory, a clock that stands
 * still, and OTLP requests written as JSON. Invariant: nothing here is shared between two roads.
 */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { LogAcceptor } from './accept-logs.ts';
import { TraceAcceptor } from './accept-traces.ts';
import type { TenantId } from './access.ts';
import { JsonThread } from './decode/json-thread.ts';
import type { OtlpEncoding } from './decode/otlp-response.ts';
import { Journal } from './journal/journal.ts';
import { SeenSpans } from './journal/seen-spans.ts';
import { diskFiles } from './journal/segment-files.ts';
import { type KeepDeps, type LandingBlocks, SpanKeeper } from './keep-spans.ts';
import { DEFAULT_TENANT_LIMITS } from './limit-table.ts';
import { JOURNAL_LIMITS } from './limits.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { DIALECTS } from './normalise/dialects.ts';
import { Normaliser } from './normalise/normalise.ts';
import { loadPriceBook } from './price/load-book.ts';
import type { AcceptOutcome } from './receive/take-request.ts';
import { CardinalityGuard } from './rows/cardinality-guard.ts';
import { createEntryBlock } from './rows/entry-block.ts';
import { ContentRedactor } from './rows/redact.ts';
import { createSpanBlock } from './rows/span-block.ts';
import { OpenTraces } from './settle/open-traces.ts';

/** 2026-08-20T12:00:00Z. */
export const NOW_MS = Date.UTC(2026, 7, 20, 12);

/** A span in OTLP/JSON, with what the tests vary. */
export interface TestSpan {
  span: number;
  trace?: number;
  startMs?: number;
  attributes?: Record<string, unknown>;
  /** Any other field of the message. */
  fields?: Record<string, unknown>;
}

export function attribute(key: string, value: unknown): Record<string, unknown> {
  return { key, value: anyValue(value) };
}

function anyValue(value: unknown): Record<string, unknown> {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { intValue: String(value) };
    case 'number':
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return value as Record<string, unknown>;
  }
}

/** Attributes of a chat call of gpt-4o with this many tokens in; 0.0000025 USD each, and 10 out. */
export function chat(inputTokens: number, more: Record<string, unknown> = {}) {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-2024-08-06',
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
    'gen_ai.usage.input_tokens': inputTokens,
    'gen_ai.usage.output_tokens': 10,
    ...more,
  };
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** A request of spans of one resource, as bytes. */
export function requestOf(spans: readonly TestSpan[], service = 'checkout'): Uint8Array {
  const all = spans.map(({ span, trace = span, startMs = NOW_MS, attributes, fields }) => ({
    traceId: hex(trace + 1, 32),
    spanId: hex(span + 1, 16),
    name: 'chat gpt-4o',
    kind: 3,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 900}000000`,
    attributes: Object.entries(attributes ?? {}).map(([key, value]) => attribute(key, value)),
    ...fields,
  }));
  const resource = { attributes: [attribute('service.name', service)] };
  const request = { resourceSpans: [{ resource, scopeSpans: [{ spans: all }] }] };
  return Buffer.from(JSON.stringify(request));
}

export interface TestRoad {
  readonly directory: string;
  readonly journal: Journal<LandingBlocks>;
  readonly metrics: Metrics;
  send(spans: readonly TestSpan[], tenant?: string): Promise<AcceptOutcome>;
  sendBytes(bytes: Uint8Array, encoding?: OtlpEncoding, tenant?: string): Promise<AcceptOutcome>;
  /** A request of log records, in OTLP/JSON. */
  sendLogs(request: object | string, tenant?: string): Promise<AcceptOutcome>;
  /** Seals all there is. */
  close(): Promise<void>;
  remove(): Promise<void>;
}

function redactorOf(isContentStored: boolean): ContentRedactor {
  const secretOf = (tenant: string) => Buffer.from(`secret of ${tenant}`);
  return new ContentRedactor({ isContentStored, dialects: DIALECTS, secretOf });
}

/** The stages between decode and a journal, on what `parts` gives and on defaults that suit a test. */
export function createKeeper(
  parts: Partial<KeepDeps> & Pick<KeepDeps, 'journal' | 'seen' | 'metrics'>,
): SpanKeeper {
  const book = loadPriceBook();
  return new SpanKeeper({
    normaliser: new Normaliser(DIALECTS),
    bookFor: () => book,
    redactor: redactorOf(false),
    guard: new CardinalityGuard(),
    open: new OpenTraces({ idleMsMax: 60_000 }),
    mayReverse: true,
    live: { isHeard: false, callsOf: () => undefined },
    log: pino({ level: 'silent' }),
    spanBudget: { limitsOf: () => DEFAULT_TENANT_LIMITS, chargeSpans: () => () => undefined },
    nowMs: () => NOW_MS,
    ...parts,
  });
}

/** Opens a road; `change` replaces parts of what the acceptor stands on. */
export async function openRoad(
  options: {
    directory?: string;
    isContentStored?: boolean;
    segmentRowsMax?: number;
    change?: Partial<KeepDeps>;
  } = {},
): Promise<TestRoad> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'aicost-road-')));
  const seen = new SeenSpans(100_000);
  const journal = await Journal.open<LandingBlocks>({
    directory,
    files: diskFiles,
    // Only `close` and a full segment seal, so that a test knows its segments.
    limits: {
      ...{ ...JOURNAL_LIMITS, journalBytesMax: 1e10, sealAfterMs: 1e9 },
      segmentRowsMax: options.segmentRowsMax ?? JOURNAL_LIMITS.segmentRowsMax,
    },
    seen,
    createBlocks: () => ({ span: createSpanBlock(), entry: createEntryBlock() }),
    nowMs: () => NOW_MS,
    randomId: () => randomBytes(16).toString('hex'),
    onEvent: () => undefined,
  });
  const metrics = createMetrics();
  const redactor = redactorOf(options.isContentStored ?? false);
  const keeper = createKeeper({ journal, seen, metrics, redactor, ...options.change });
  const acceptor = new TraceAcceptor({ keeper, metrics, json: new JsonThread() });
  const logs = new LogAcceptor({ keeper, metrics, json: new JsonThread() });
  return {
    directory,
    journal,
    metrics,
    send: (spans, tenant = 'acme') => acceptor.accept(tenant as TenantId, requestOf(spans), 'json'),
    sendBytes: (bytes, encoding = 'json', tenant = 'acme') =>
      acceptor.accept(tenant as TenantId, bytes, encoding),
    sendLogs: (request, tenant = 'acme') =>
      logs.accept(
        tenant as TenantId,
        Buffer.from(typeof request === 'string' ? request : JSON.stringify(request)),
        'json',
      ),
    close: () => journal.close(),
    // One that is not closed may be making its next segment.
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}
