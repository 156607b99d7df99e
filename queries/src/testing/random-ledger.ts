/**
 * Random ledgers and ranges for property tests, and the plain BigInt reference that says what a
 * cost question must answer for them.
 */
import { MONEY_SCALE, parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import { MEASURED_UNITS } from '@ai-cost-profiler/clickhouse/usage.ts';
import fc from 'fast-check';
import type { Dimension } from '../dimensions.ts';
import { addSums, FIGURE_COLUMNS, type FigureColumn, type Sums, ZERO_SUMS } from '../figures.ts';
import { parseInstant, type Range } from '../range.ts';
import type { Entry } from './embedded-ledger.ts';

const START = parseInstant('2026-03-27T00:00:00Z', 0n);
const END = parseInstant('2026-04-03T00:00:00Z', 0n);
const HOUR_NS = 3_600_000_000_000n;

/** Instants of one week, one in three within a nanosecond of an hour. */
const instants = fc
  .tuple(fc.bigInt(START, END), fc.constantFrom(-1n, 0n, 1n, null))
  .map(([at, near]) => (near === null ? at : (at / HOUR_NS) * HOUR_NS + near));

export const ranges = fc
  .tuple(instants, instants)
  .filter(([a, b]) => a !== b)
  .map(([a, b]): Range => (a < b ? { fromNs: a, toNs: b } : { fromNs: b, toNs: a }));

const HOSTILE = ["o'brien", 'a\\b', '{p0:String}', 'x\ty\nz', "') OR 1=1 --", 'ключ', ''] as const;
const values = fc.constantFrom('a', 'b', 'c', ...HOSTILE);
const amounts = fc.bigInt(-(10n ** 20n), 10n ** 27n).map((atto) => {
  const digits = (atto < 0n ? -atto : atto).toString().padStart(19, '0');
  return `${atto < 0n ? '-' : ''}${digits.slice(0, -18)}.${digits.slice(-18)}`;
});

export const entries = fc.array(
  fc
    .record({
      tenant: fc.constantFrom('acme', 'globex'),
      at: instants,
      dimensions: fc.record({
        model: values,
        feature: values,
        user: values,
        session: values,
        'tag.team': values,
      }),
      cost_usd: amounts,
      cache_saved_usd: fc.option(amounts),
      in_uncached: fc.bigInt(-(2n ** 40n), 2n ** 55n),
      audio_seconds: fc.integer({ min: -5, max: 5_000_000 }).map((ms) => String(ms / 1000)),
      calls: fc.constantFrom('1', '1', '-1', '0'),
      unpriced: fc.boolean(),
      overLimit: fc.constantFrom(0, 0, 0, 8, 32, 256),
    })
    .map(
      ({
        cost_usd,
        cache_saved_usd: saved,
        in_uncached,
        audio_seconds,
        calls,
        unpriced,
        ...rest
      }): Entry => {
        const money = {
          cost_usd,
          list_usd: cost_usd,
          cost_low_usd: cost_usd,
          cost_high_usd: cost_usd,
          ...(saved === null ? {} : { cache_saved_usd: saved, cache_priced_calls: calls }),
        };
        const counts = { calls, in_uncached: in_uncached.toString(), audio_seconds };
        return {
          ...rest,
          figures: unpriced ? { ...counts, unpriced_calls: calls } : { ...counts, ...money },
        };
      },
    ),
  { maxLength: 40 },
);

function scaleOf(column: FigureColumn): number {
  if (column.endsWith('_usd')) return MONEY_SCALE;
  return (MEASURED_UNITS as readonly string[]).includes(column) ? 9 : 0;
}

/** The sums of one entry, absent figures as 0. */
function sumsOf(entry: Entry): Sums {
  const value = (column: FigureColumn) =>
    parseDecimal(entry.figures?.[column] ?? '0', scaleOf(column));
  return Object.fromEntries(FIGURE_COLUMNS.map((column) => [column, value(column)])) as Sums;
}

const OVER_LIMIT_BITS: { readonly [D in Dimension]?: number } = {
  model: 8,
  feature: 32,
  user: 256,
};

/** A call of acme in that week, whose model the rollups do not name. */
export const MODEL_BEYOND_LIMIT: Entry = {
  tenant: 'acme',
  at: START,
  dimensions: { model: 'beyond', session: 'beyond' },
  figures: { calls: '1', cost_usd: '1' },
  overLimit: 8,
};

/** The value of a dimension as a question shows it: rollup questions hide values over the limit. */
export function shownValue(entry: Entry, dimension: Dimension, byRollup: boolean): string {
  if (dimension === 'tenant') return entry.tenant;
  const hidden = byRollup && ((entry.overLimit ?? 0) & (OVER_LIMIT_BITS[dimension] ?? 0)) !== 0;
  return hidden ? '(over limit)' : (entry.dimensions?.[dimension] ?? '');
}

/** Sums by group, for the entries inside the range; groups are keyed by their values as JSON. */
export function referenceGroups(
  list: readonly Entry[],
  range: Range,
  groupOf: (entry: Entry) => string | null,
): Map<string, Sums> {
  const groups = new Map<string, Sums>();
  for (const entry of list) {
    const group = entry.at >= range.fromNs && entry.at < range.toNs ? groupOf(entry) : null;
    if (group !== null) groups.set(group, addSums(groups.get(group) ?? ZERO_SUMS, sumsOf(entry)));
  }
  return groups;
}
