/** A call whose span tells no usage and whose log event does, assumed to include its cache, and what settle books. */
import type { Call } from './normalise/call.ts';
import { NOBODY } from './normalise/call.ts';
import { logCallOf } from './normalise/log-call.ts';
import { loadPriceBook } from './price/load-book.ts';
import { createPriceNow } from './price-now.ts';
import { CardinalityGuard } from './rows/cardinality-guard.ts';
import type { LedgerEntry } from './rows/ledger-entry.ts';
import { createEntryMaker } from './settle/make-entries.ts';
import { settleGroup } from './settle/settle-group.ts';
import type { SettleSpan } from './settle/settle-span.ts';

const BOOK = loadPriceBook();
/** 2026-08-20T12:00:00Z. */
const ENDED_NS = 1_787_227_200_000_000_000n;

export const TOLD_PRICE = createPriceNow({ bookFor: () => BOOK, bookOf: () => BOOK });

const SILENT: Call = {
  dialect: 'otel_genai',
  operation: 'chat',
  role: 'leaf',
  roleReason: 'operation chat',
  provider: 'anthropic',
  requestModel: 'claude-sonnet-4-5',
  responseModel: '',
  responseId: '',
  usage: undefined,
  missingUsageReason: 'not_reported',
  reportedAtto: undefined,
  context: {},
  attribution: { ...NOBODY, session: 's1' },
};

/** Where the input was not to include what came from the cache. */
export const TOLD_ALTERNATIVE = { in_uncached: 1_000n, in_cache_read: 400n, out_text: 10n };

const TOLD: Call = {
  ...SILENT,
  usage: {
    buckets: { in_uncached: 600n, in_cache_read: 400n, out_text: 10n },
    inputTokens: 1_000n,
    outputTokens: 10n,
    semantics: 'assumed_inclusive',
    evidence: 'otel_genai: convention_1_40',
    alternative: TOLD_ALTERNATIVE,
  },
  missingUsageReason: '',
};

/** The span, and its event that was written `laterMs` after its end. */
export function toldCall(laterMs = 300): { span: SettleSpan; event: SettleSpan } {
  const span: SettleSpan = {
    tenant: 'default',
    traceId: '1'.repeat(32),
    spanId: '1'.repeat(16),
    parentSpanId: '',
    name: 'chat claude-sonnet-4-5',
    kind: 3,
    scopeName: 'scope',
    service: 'checkout',
    environment: '',
    startNs: ENDED_NS - 1_000_000_000n,
    endNs: ENDED_NS,
    receivedAtNs: ENDED_NS,
    call: SILENT,
    attribution: SILENT.attribution,
  };
  const atNs = ENDED_NS + BigInt(laterMs) * 1_000_000n;
  const event: SettleSpan = {
    ...span,
    traceId: '2'.repeat(32),
    spanId: '2'.repeat(16),
    name: 'gen_ai.client.inference.operation.details',
    kind: 0,
    startNs: atNs,
    endNs: atNs,
    call: logCallOf(TOLD),
  };
  return { span, event };
}

/** What settle books for a group of which nothing stands yet. */
export function bookedFor(spans: readonly SettleSpan[]): LedgerEntry[] {
  const maker = createEntryMaker({
    bookFor: () => BOOK,
    guard: new CardinalityGuard(),
    nowNs: () => ENDED_NS,
  });
  return settleGroup(spans, [], maker);
}
