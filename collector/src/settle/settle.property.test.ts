/**
 * Settle against a simulated ledger, without an engine: it converges, whatever the order, the splitting, the
 * repetition and the lateness of spans, and wherever it is killed.
 */
import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sumOfBuckets } from '../bucket-amounts.ts';
import type { Attribution, Call, Role } from '../normalise/call.ts';
import { NOBODY } from '../normalise/call.ts';
import { RULES_VERSION } from '../normalise/dialects.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { createPriceNow } from '../price-now.ts';
import { CardinalityGuard } from '../rows/cardinality-guard.ts';
import { factsOf, type LedgerEntry } from '../rows/ledger-entry.ts';
import { groupDifference } from '../verify/group-differences.ts';
import { Skipped } from '../verify/report.ts';
import type { EntryMaker } from './difference.ts';
import { groupSpans } from './groups.ts';
import { createEntryMaker } from './make-entries.ts';
import { settleGroup } from './settle-group.ts';
import type { SettleSpan } from './settle-span.ts';

const book = loadPriceBook();
const START_NS = 1_787_227_200_000_000_000n;
let now = 0n;
const maker: EntryMaker = createEntryMaker({
  bookFor: () => book,
  guard: new CardinalityGuard(),
  nowNs: () => ++now,
});

interface Shape {
  trace: number;
  /** Of the spans before it, one is the parent; or none. */
  parent: number;
  /** How long after the first version another one came in, if at all; 2 is within the same millisecond. */
  version: number;
  kind: 'leaf' | 'aggregate' | 'unknown' | 'plain';
  tokens: number | undefined;
  response: number | undefined;
  user: string;
  offset: number;
  isReported: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  trace: fc.integer({ min: 0, max: 2 }),
  parent: fc.integer({ min: -1, max: 8 }),
  version: fc.integer({ min: 0, max: 2 }),
  kind: fc.constantFrom('leaf', 'leaf', 'leaf', 'aggregate', 'unknown', 'plain'),
  tokens: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  response: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  user: fc.constantFrom('', '', 'ann', 'bob'),
  offset: fc.integer({ min: 0, max: 20 }),
  isReported: fc.boolean(),
});

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** A span, and the second version of it, with other facts. */
function spansOf(shape: Shape, at: number): SettleSpan[] {
  const whom: Attribution = { ...NOBODY, user: shape.user };
  const startNs = START_NS + BigInt(shape.offset) * 1_000_000n;
  const span: SettleSpan = {
    tenant: 'acme',
    traceId: hex(shape.trace + 1, 32),
    spanId: hex(at + 1, 16),
    parentSpanId: shape.parent < 0 || shape.parent >= at ? '' : hex(shape.parent + 1, 16),
    name: 'chat',
    kind: 3,
    scopeName: 'test',
    service: 'app',
    environment: '',
    startNs,
    endNs: startNs + 5_000_000n,
    receivedAtNs: 1n,
    call: shape.kind === 'plain' ? undefined : callOf(shape, shape.kind, whom),
    attribution: whom,
  };
  const newer = { ...shape, tokens: (shape.tokens ?? 0) + 100 };
  return shape.version === 0 || shape.kind === 'plain'
    ? [span]
    : [
        span,
        {
          ...span,
          receivedAtNs: shape.version === 1 ? 2n : 1n,
          call: callOf(newer, shape.kind, whom),
        },
      ];
}

function callOf(shape: Shape, role: Role, attribution: Attribution): Call {
  const input = BigInt(shape.tokens ?? 0) * 10n;
  const usage = {
    buckets: { in_uncached: input, out_text: 7n },
    inputTokens: input,
    outputTokens: 7n,
    semantics: 'inclusive' as const,
    evidence: 'test',
  };
  return {
    dialect: 'test',
    operation: 'chat',
    role,
    roleReason: 'test',
    provider: 'openai',
    requestModel: 'gpt-4o-2024-08-06',
    responseModel: '',
    responseId: shape.response === undefined ? '' : `resp_0a1b2c3d4e5f${shape.response}`,
    usage: shape.tokens === undefined ? undefined : usage,
    missingUsageReason: shape.tokens === undefined ? 'not_reported' : '',
    reportedAtto: shape.isReported ? 5n : undefined,
    context: {},
    attribution,
  };
}

const groups = fc
  .array(shapes, { minLength: 1, maxLength: 9 })
  .map((all) => all.flatMap((shape, at) => spansOf(shape, at)));

/** What the road charges at once: a leaf, when its first version comes in. */
function chargedAtOnce(spans: readonly SettleSpan[]): LedgerEntry[] {
  return spans
    .filter((span, at) => isFirst(spans, span, at) && span.call?.role === 'leaf')
    .map((span) => {
      const call = span.call!;
      const usage = call.usage?.buckets ?? {};
      return maker.charge({ facts: factsOf(call, span), call, calls: 1n, usage });
    });
}

function isFirst(spans: readonly SettleSpan[], { spanId }: SettleSpan, at: number): boolean {
  return spans.findIndex((other) => other.spanId === spanId) === at;
}

/** One pass over everything that is stored: what it appends. */
function pass(spans: readonly SettleSpan[], ledger: readonly LedgerEntry[]): LedgerEntry[] {
  return groupSpans(spans).flatMap((group) => {
    const ids = new Set(group.map(({ traceId }) => traceId));
    return settleGroup(
      group,
      ledger.filter(({ traceId }) => ids.has(traceId)),
      maker,
    );
  });
}

/** Sums of each (span, user), the sums that are all zero left out: what a bill is made of. */
function sumsOf(ledger: readonly LedgerEntry[]): Record<string, string> {
  const byPlace = Map.groupBy(
    ledger,
    (entry) => `${entry.traceId}/${entry.spanId}/${entry.attribution.user}`,
  );
  const rows = [...byPlace].map(([place, entries]): [string, string] => {
    const total = (of: (entry: LedgerEntry) => bigint | undefined) =>
      entries.reduce((sum, entry) => sum + (of(entry) ?? 0n), 0n);
    const sums = [
      total(({ calls }) => calls),
      total(({ unpricedCalls }) => unpricedCalls),
      total(({ charge }) => charge.listAtto),
      total(({ charge }) => charge.costAtto),
      total(({ charge }) => charge.costLowAtto),
      total(({ charge }) => charge.costHighAtto),
      total(({ charge }) => charge.reportedAtto),
      total(({ cachePricedCalls }) => cachePricedCalls),
      total(({ charge }) => charge.cacheSavedAtto),
      total(({ charge }) => charge.cacheMissedAtto),
      total(({ charge }) => sumOfBuckets(charge.byBucket)),
      ...USAGE_KEYS.map((key) => total(({ usage }) => usage[key])),
    ];
    return [place, sums.join()];
  });
  return Object.fromEntries(rows.filter(([, sums]) => /[1-9]/.test(sums)).sort());
}

function settled(spans: readonly SettleSpan[]): LedgerEntry[] {
  const ledger = chargedAtOnce(spans);
  return [...ledger, ...pass(spans, ledger)];
}

it('appends nothing the second time, and verify agrees', () => {
  fc.assert(
    fc.property(groups, (spans) => {
      const ledger = settled(spans);
      expect(pass(spans, ledger)).toEqual([]);
      for (const { charge } of ledger) {
        expect(sumOfBuckets(charge.byBucket)).toBe(charge.costAtto ?? 0n);
      }
      const rules = {
        price: createPriceNow({ bookFor: () => book, bookOf: () => book }),
        rulesVersion: RULES_VERSION,
        skipped: new Skipped(),
      };
      const all = new Set(spans.map(({ traceId }) => traceId));
      for (const group of groupSpans(spans)) {
        const ids = new Set(group.map(({ traceId }) => traceId));
        const entries = ledger.filter(({ traceId }) => ids.has(traceId));
        const check = { spans: group, entries, isSettled: true };
        expect(groupDifference(check, all, rules)).toBeNull();
      }
    }),
  );
});

it('comes to the same, in whatever order spans and entries are read, and however often', () => {
  fc.assert(
    fc.property(
      groups.chain((spans) =>
        fc.tuple(fc.constant(spans), fc.shuffledSubarray(spans, { minLength: spans.length })),
      ),
      ([spans, shuffled]) => {
        const sums = sumsOf(settled(spans));
        expect(sumsOf(settled(shuffled))).toEqual(sums);
        // A batch that another collector took in too: the same versions once more, each leaf charged again.
        const twice = [...spans, ...shuffled];
        const ledger = [...chargedAtOnce(spans), ...chargedAtOnce(shuffled)];
        expect(sumsOf([...ledger, ...pass(twice, ledger)])).toEqual(sums);
      },
    ),
  );
});

it('comes to the same with a late span, as if it had been there from the start', () => {
  fc.assert(
    fc.property(groups, fc.nat(), (spans, cut) => {
      const ids = [...new Set(spans.map(({ spanId }) => spanId))];
      const late = ids[cut % ids.length];
      const first = spans.filter(({ spanId }) => spanId !== late);
      const before = settled(first);
      const all = [...before, ...chargedAtOnce(spans.filter(({ spanId }) => spanId === late))];
      expect(sumsOf([...all, ...pass(spans, all)])).toEqual(sumsOf(settled(spans)));
    }),
  );
});

it('comes to the same when it is killed after any of its entries', () => {
  fc.assert(
    fc.property(groups, fc.nat(), (spans, cut) => {
      const ledger = chargedAtOnce(spans);
      const wanted = pass(spans, ledger);
      const kept = [...ledger, ...wanted.slice(0, cut % (wanted.length + 1))];
      expect(sumsOf([...kept, ...pass(spans, kept)])).toEqual(sumsOf([...ledger, ...wanted]));
      expect(pass(spans, [...kept, ...pass(spans, kept)])).toEqual([]);
    }),
  );
});

it('bills each entry once in any grouping: the sums of parts add up to the sum of all', () => {
  fc.assert(
    fc.property(groups, fc.infiniteStream(fc.nat({ max: 3 })), (spans, parts) => {
      const ledger = settled(spans);
      const cost = (entries: readonly LedgerEntry[]) =>
        entries.reduce((sum, { charge }) => sum + (charge.costAtto ?? 0n), 0n);
      const grouped = Map.groupBy(ledger, () => parts.next().value);
      const sums = [...grouped.values()].map(cost);
      expect(sums.reduce((a, b) => a + b, 0n)).toBe(cost(ledger));
    }),
  );
});
