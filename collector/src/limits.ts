/**
 * Every bound of the collector that is not an option, with its unit and its reason. Relations between them are
 * asserted by limits.test.ts.
 */
import type { DecodeLimits } from './decode/decode-error.ts';
import { DEFAULT_DECODE_LIMITS } from './decode/decode-error.ts';
import type { SpanLimits } from './decode/refuse.ts';
import type { JournalLimits } from './journal/journal-options.ts';

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

export const LISTENER_TIMEOUTS = {
  headersTimeoutMs: 15_000,
  // A slow sender may take this long for one request.
  requestTimeoutMs: 120_000,
};
