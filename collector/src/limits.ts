/**
 * The bounds of the stages, from the table of limits where a sender can run into them. What only shapes how the
 * collector works has its number, and its reason, here.
 */
import type { Config } from './config.ts';
import type { DecodeLimits } from './decode/decode-error.ts';
import type { SpanLimits } from './decode/refuse.ts';
import type { JournalLimits } from './journal/journal-options.ts';
import { DEFAULT_TENANT_LIMITS, LIMITS, type TenantLimits } from './limit-table.ts';
import type { GrpcServerLimits } from './receive/grpc-server.ts';

/** What holds for one request: of its tenant, or, where that may be unlimited, of the decoder. */
export interface RequestLimits {
  readonly decode: DecodeLimits;
  /** A span beyond these is refused alone and told to its sender. */
  readonly span: SpanLimits;
}

export function requestLimits(of: TenantLimits): RequestLimits {
  return {
    decode: {
      depthMax: LIMITS.nesting_depth.byDefault,
      recordsMax: of.spans_per_request ?? LIMITS.spans_per_request.override.most,
      // More than any tenant may send are counted, not kept.
      attributesMax: LIMITS.attributes_per_span.override.most,
    },
    span: {
      attributesMax: of.attributes_per_span ?? LIMITS.attributes_per_span.override.most,
      valueBytesMax: of.attribute_value_bytes ?? LIMITS.attribute_value_bytes.override.most,
      nameBytesMax: of.span_name_bytes ?? LIMITS.span_name_bytes.override.most,
    },
  };
}

const DAY_MS = 86_400_000;

/** What holds for a tenant of which nothing was set: the table, and what options say for all of them. */
export function tenantDefaults(
  config: Pick<Config, 'retentionSpansMs' | 'retentionContentMs' | 'retentionLedgerMs'>,
): TenantLimits {
  const days = (ms: number | null) => (ms === null ? null : ms / DAY_MS);
  return {
    ...DEFAULT_TENANT_LIMITS,
    spans_retention_days: days(config.retentionSpansMs),
    content_retention_days: days(config.retentionContentMs),
    ledger_retention_days: days(config.retentionLedgerMs),
  };
}

/** For data points of metrics: they are counted, and leave nothing that a tenant's limit would be about. */
export const DECODE_LIMITS: DecodeLimits = requestLimits(DEFAULT_TENANT_LIMITS).decode;

/** 100,000 rows and 64 MB make one part in each target: the engine squashes ten times as much (design §4). */
export const JOURNAL_LIMITS: Omit<JournalLimits, 'journalBytesMax'> = {
  segmentRowsMax: 100_000,
  segmentBytesMax: 64_000_000,
  // Today, yesterday and two stragglers; more days share the mixed segment.
  openDaysMax: 4,
  // A span is visible within 2 s, and a quiet hour makes few parts.
  sealAfterMs: 800,
};

/** Who gets how much of `--memory-max`: docs/decisions/0010-memory-has-a-budget.md. */
export const MEMORY_SHARES = {
  // Rows made of a body, the blocks they wait in and the garbage of both take several times its size.
  held: 1 / 8,
  // Of them, what keeps CPU and disk at work: a second of the most that one process decodes.
  enough: 1 / 32,
  // By itself, and as much as it may be told to take.
  seenSpans: 1 / 10,
  seenSpansMost: 1 / 2,
  // Of requests; what is known of their spans takes half as much beside it.
  openTraces: 1 / 20,
};

/** Bytes of bodies held at a time, all together; one of the largest must fit. */
export function heldBytesMax(config: Pick<Config, 'memoryMax' | 'requestBytesMax'>): number {
  return Math.max(config.requestBytesMax, Math.floor(config.memoryMax * MEMORY_SHARES.held));
}

const MS_PER_SECOND = 1_000;

/** API requests are answered within this, or with a problem that says so. */
export const API_REQUEST_TIMEOUT_MS = LIMITS.api_seconds.byDefault * MS_PER_SECOND;

/** How long what comes over HTTP may take, beside the body of an OTLP request (`--request-timeout`). */
export const HTTP_TIMEOUTS = {
  headersTimeoutMs: LIMITS.head_seconds.byDefault * MS_PER_SECOND,
  // A request that this ends was not ended by its own bound, which is told better.
  requestGraceMs: 10_000,
  // Exporters send every 5 s or 60 s; a connection that is closed under one of them costs it a retry.
  keepAliveMs: 75_000,
};

/** A query over --sql may run long. */
export const SQL_TIMEOUTS = {
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 600_000,
  keepAliveMs: 75_000,
};

/** How the live stream goes; how much of it there may be is in the table. */
export const LIVE_STREAM = {
  // A screen need not be quicker, and 200 clients are written to 800 times a second.
  flushMs: 250,
  // Proxies close a connection that is silent for 30 s or 60 s.
  heartbeatMs: 15_000,
  // With the 3 s in which a revocation reaches every collector, well within 10 s.
  keyCheckMs: 2_000,
  // A client that lost its connection is back by then.
  resumeMs: 60_000,
  retryMs: 2_000,
  // The most that waits in memory for one slow client, beside Node's own buffer and the ring of its tenant.
  pieceBytesMax: 64 * 1024,
};

/** Sessions of OTLP/gRPC. Exporters keep one connection and mostly one call at a time. */
export const GRPC_LIMITS: GrpcServerLimits = {
  // Not what bounds calls: `requests_in_flight` is, and a call beyond it is told to come back. A client that fills this
  // number exactly has its connection cut off by Node's HTTP/2 (seen with grpc-go at 128), so no client should.
  streamsMax: 4 * LIMITS.requests_in_flight.byDefault,
  sessionMegabytesMax: 64,
  // What a sender may have under way unread: a usual request of a call, and several on a long line for all.
  streamWindowBytes: 256 * 1024,
  connectionWindowBytes: 1024 * 1024,
  // As Node bounds the headers of HTTP/1.
  headerBytesMax: 16 * 1024,
  prefaceTimeoutMs: 15_000,
  pingEveryMs: 60_000,
  pingTimeoutMs: 20_000,
  idleMs: 10 * 60_000,
  ageMs: 30 * 60_000,
};
