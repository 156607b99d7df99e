/**
 * Every bound of the collector that is not an option, with its unit and its reason. Relations between them are
 * asserted by limits.test.ts.
 */
import type { DecodeLimits } from './decode/decode-error.ts';
import { DEFAULT_DECODE_LIMITS } from './decode/decode-error.ts';
import type { SpanLimits } from './decode/refuse.ts';
import type { JournalLimits } from './journal/journal-options.ts';
import type { GrpcServerLimits } from './receive/grpc-server.ts';

export const DECODE_LIMITS: DecodeLimits = DEFAULT_DECODE_LIMITS;

/** A span beyond these is refused alone and told to its sender. */
export const SPAN_LIMITS: SpanLimits = {
  // Ten times the SDKs' default of 128; nobody sets more by intent.
  attributesMax: 1024,
  // One prompt may be long; a book is not an attribute.
  valueBytesMax: 4 * 1024 * 1024,
  // Names are a dimension: a longer one is data in the wrong place.
  nameBytesMax: 4096,
};

/** 100,000 rows and 64 MB make one part in each target: the engine squashes ten times as much (design §4). */
export const JOURNAL_LIMITS: Omit<JournalLimits, 'journalBytesMax'> = {
  segmentRowsMax: 100_000,
  segmentBytesMax: 64_000_000,
  // Today, yesterday and two stragglers; more days share the mixed segment.
  openDaysMax: 4,
  // A span is visible within 2 s, and a quiet hour makes few parts.
  sealAfterMs: 800,
};

/** Requests held in memory at a time, all together: beyond it senders are told to come back. */
export const HELD_BYTES_MAX = 512 * 1024 * 1024;

/** API requests are answered within this, or with a problem that says so. */
export const API_REQUEST_TIMEOUT_MS = 60_000;

/** How long what comes over HTTP may take, beside the body of an OTLP request (`--request-timeout`). */
export const HTTP_TIMEOUTS = {
  headersTimeoutMs: 15_000,
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

/** Connections of one listener: each costs a descriptor and some 20 KiB before it has sent anything. */
export const CONNECTIONS_MAX = 4_096;

/** Sessions of OTLP/gRPC. Exporters keep one connection and mostly one call at a time. */
export const GRPC_LIMITS: GrpcServerLimits = {
  streamsMax: 128,
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
