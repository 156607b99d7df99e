/** Usage as tables hold it → quantities. A map or a column of the wrong shape is our own fault and throws. */
import { parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import {
  MEASURED_SCALE,
  MEASURED_UNITS,
  USAGE_KEYS,
  type Usage,
  type UsageKey,
} from '@ai-cost-profiler/clickhouse/usage.ts';

const MEASURED: ReadonlySet<string> = new Set(MEASURED_UNITS);
const KEYS: ReadonlySet<string> = new Set(USAGE_KEYS);

function isUsageKey(key: string): key is UsageKey {
  return KEYS.has(key);
}

/** `spans.usage`: decimals of 1e-9 for every key. */
export function usageOfMap(map: Readonly<Record<string, string>>): Usage {
  const usage: Usage = {};
  for (const [key, text] of Object.entries(map)) {
    if (!isUsageKey(key)) {
      throw new Error(`spans.usage has the key ${key}, which no release wrote`);
    }
    const units = parseDecimal(text, 9);
    usage[key] = MEASURED.has(key) ? units : units / MEASURED_SCALE;
  }
  return usage;
}

/** The quantity columns of `ledger`: whole numbers as text, measured ones as decimals, NULL is absent. */
export function usageOfColumns(row: Readonly<Record<string, unknown>>): Usage {
  const usage: Usage = {};
  for (const key of USAGE_KEYS) {
    const text = row[key];
    if (typeof text === 'string') {
      usage[key] = MEASURED.has(key) ? parseDecimal(text, 9) : BigInt(text);
    }
  }
  return usage;
}
