/** The prices of a script: US dollars per million of each bucket, by model, as a price book would have them. */
import { divideHalfEven, MONEY_SCALE, parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import { USAGE_KEYS, type UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { PricedQuantity, PriceUsage } from '../../flamegraph/split-cost.ts';
import type { CachePrices } from '../../prompts/cacheable.ts';
import { ScriptFault, type Table } from './script-text.ts';

const PER = 1_000_000n;

/** Atto-dollars per million, by bucket. */
type Rates = ReadonlyMap<UsageKey, bigint>;

/** By model. */
export type GivenRates = ReadonlyMap<string, Rates>;

/** Reads a table with the column `model` and one for each bucket. */
export function readRates({ heading, rows }: Table, line: number): GivenRates {
  const [first, ...columns] = heading;
  if (first !== 'model') throw new ScriptFault(line, 'the first column of rates is "model"');
  const buckets = columns.map((column) => {
    const bucket = USAGE_KEYS.find((key) => key === column);
    if (bucket === undefined) throw new ScriptFault(line, `"${column}" is no bucket`);
    return bucket;
  });
  return new Map(
    rows.map(([model = '', ...cells]) => {
      const told = buckets.flatMap((bucket, at): [UsageKey, bigint][] =>
        cells[at] ? [[bucket, parseDecimal(cells[at], MONEY_SCALE)]] : [],
      );
      return [model, new Map(told)];
    }),
  );
}

/** What quantities cost at these rates; nothing is known where one has none. */
export function priceByRates(rates: GivenRates): PriceUsage {
  return ({ model }, { usage }) => {
    const lines = new Map<UsageKey, PricedQuantity>();
    for (const key of USAGE_KEYS) {
      const quantity = usage[key];
      if (quantity === undefined) continue;
      const rate = rates.get(model)?.get(key);
      if (rate === undefined) return undefined;
      lines.set(key, { quantity, costAtto: divideHalfEven(rate * quantity, PER) });
    }
    return lines;
  };
}

/** What caches cost at these rates. */
export function cachePricesByRates(rates: GivenRates): CachePrices {
  return ({ model }) => {
    const of = (key: UsageKey) => {
      const rate = rates.get(model)?.get(key);
      return rate === undefined ? undefined : { num: rate, den: PER };
    };
    const [input, read] = [of('in_uncached'), of('in_cache_read')];
    if (input === undefined || read === undefined) return undefined;
    return { input, read, write: of('in_cache_write_5m'), write1h: of('in_cache_write_1h') };
  };
}
