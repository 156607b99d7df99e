/** Columns of a group of ledger entries: what it weighs, and what is needed to split its cost by bucket. */
import { MONEY_SCALE, parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import {
  MEASURED_UNITS,
  TOKEN_BUCKETS,
  USAGE_KEYS,
  type UsageKey,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import { join, name, type Sql, sql, sumOfColumns } from '../sql.ts';
import { type CallGroup, type PriceUsage, splitCost } from './split-cost.ts';
import type { Stack } from './stacks.ts';
import { NO_WEIGHTS, type Weights } from './weights.ts';

/** Which leaves a stack gets below its last frame: none, tokens by bucket, money by bucket, or both. */
export type Leaves = 'none' | 'tokens' | 'cost' | 'both';

/** A group as it is read, figures as text. */
export type GroupText = Readonly<Record<string, string>>;

const FACT_COLUMNS = [
  ['d_tenant', sql`toString(tenant)`],
  ['d_provider', sql`toString(provider)`],
  ['d_model', sql`toString(model)`],
  ['d_tier', sql`toString(service_tier)`],
  ['d_batch', sql`toString(batch)`],
  ['d_speed', sql`toString(speed)`],
  ['d_region', sql`toString(region)`],
  ['d_context', sql`if(empty(price_context), '', toJSONString(price_context))`],
  ['d_basis', sql`if(unpriced_reason = '', toString(basis), 'unpriced')`],
] as const;

/** `sum(…) AS sum_<figure>` of ledger or rollup; `needs` says which quantities. */
export function groupSums(leaves: Leaves): Sql {
  const weights = sql`sum(calls) AS sum_calls, sum(unpriced_calls) AS sum_unpriced, sum(coalesce(cost_usd, 0)) AS sum_cost, sum(${sumOfColumns(TOKEN_BUCKETS)}) AS sum_tokens`;
  return join([weights, ...usageColumns(leaves, (c) => sql`sum(coalesce(${c}, 0))`)], ', ');
}

/** The sums of those sums, as text under the figures' own names. */
export function groupFigures(leaves: Leaves): Sql {
  const figures = [...WEIGHT_FIGURES, ...USAGE_KEYS_OF[leaves]].map(
    (figure) => sql`toString(sum(${name(`sum_${figure}`)})) AS ${name(`f_${figure}`)}`,
  );
  return join(figures, ', ');
}

const WEIGHT_FIGURES = ['calls', 'unpriced', 'cost', 'tokens'] as const;

const USAGE_KEYS_OF: Readonly<Record<Leaves, readonly UsageKey[]>> = {
  none: [],
  tokens: TOKEN_BUCKETS,
  cost: USAGE_KEYS,
  both: USAGE_KEYS,
};

function usageColumns(leaves: Leaves, expression: (column: Sql) => Sql): Sql[] {
  return USAGE_KEYS_OF[leaves].map((key) => sql`${expression(name(key))} AS ${name(`sum_${key}`)}`);
}

/** Whether the facts that a price depends on must be told apart. */
export function splitsCost(leaves: Leaves): boolean {
  return leaves === 'cost' || leaves === 'both';
}

/** The price's facts as columns of a group of ledger entries, and their names. */
export const FACTS_SELECTED: Sql = join(
  FACT_COLUMNS.map(([column, expression]) => sql`${expression} AS ${name(column)}`),
  ', ',
);
export const FACT_KEYS: readonly string[] = FACT_COLUMNS.map(([column]) => column);
export const FACT_NAMES: readonly Sql[] = FACT_KEYS.map(name);
export const FACT_VALUES: readonly Sql[] = FACT_COLUMNS.map(([, expression]) => expression);

/** A column of a figure; `f_duration` is added where durations are asked for. */
export type Figure = `f_${(typeof WEIGHT_FIGURES)[number] | UsageKey | 'duration'}`;

/** The figures that `groupFigures` gives. */
export function figuresOf(leaves: Leaves): Figure[] {
  return [...WEIGHT_FIGURES, ...USAGE_KEYS_OF[leaves]].map((figure) => `f_${figure}` as const);
}

/** Reads what a group weighs; `prefix` is that of its columns. */
export function weightsOf<Prefix extends 'f_' | 't_'>(
  row: { readonly [F in keyof Weights as `${Prefix}${F}`]?: string },
  prefix: Prefix,
): Weights {
  const texts: Readonly<Record<string, string | undefined>> = row;
  const read = (figure: keyof Weights): string => texts[`${prefix}${figure}`] ?? '0';
  return {
    cost: parseDecimal(read('cost'), MONEY_SCALE),
    tokens: BigInt(read('tokens')),
    duration: BigInt(read('duration')),
    calls: BigInt(read('calls')),
    unpriced: BigInt(read('unpriced')),
  };
}

/** The group's own stack and one for each bucket below it; they add up to the group. */
export function stacksOfGroup(
  frames: readonly string[],
  row: GroupText,
  { leaves, price }: { readonly leaves: Leaves; readonly price: PriceUsage },
): Stack[] {
  const weights = weightsOf(row, 'f_');
  const usage = usageOf(row, leaves);
  const tokens = leaves === 'none' || leaves === 'cost' ? NO_QUANTITIES : usage;
  const parts = splitsCost(leaves) ? (splitOf(row, usage, price) ?? NO_QUANTITIES) : NO_QUANTITIES;
  let { cost, tokens: ownTokens }: { cost: bigint; tokens: bigint } = weights;
  const stacks: Stack[] = [];
  for (const key of usage.keys()) {
    const part = parts.get(key) ?? 0n;
    // A cost graph shows a bucket's tokens where it can show its money.
    const shown = leaves === 'cost' && parts.has(key) ? usage : tokens;
    const quantity = isTokens(key) ? (shown.get(key) ?? 0n) : 0n;
    if (part === 0n && quantity === 0n) continue;
    cost -= part;
    ownTokens -= quantity;
    stacks.push({ frames: [...frames, key], own: { ...NO_WEIGHTS, cost: part, tokens: quantity } });
  }
  return [{ frames, own: { ...weights, cost, tokens: ownTokens } }, ...stacks];
}

const NO_QUANTITIES: ReadonlyMap<UsageKey, bigint> = new Map();
const MEASURED: ReadonlySet<string> = new Set(MEASURED_UNITS);
const TOKENS: ReadonlySet<string> = new Set(TOKEN_BUCKETS);

const isTokens = (key: UsageKey): boolean => TOKENS.has(key);

function usageOf(row: GroupText, leaves: Leaves): ReadonlyMap<UsageKey, bigint> {
  const usage = new Map<UsageKey, bigint>();
  for (const key of USAGE_KEYS_OF[leaves]) {
    const quantity = parseDecimal(row[`f_${key}`] ?? '0', MEASURED.has(key) ? 9 : 0);
    if (quantity !== 0n) usage.set(key, quantity);
  }
  return usage;
}

function splitOf(row: GroupText, usage: ReadonlyMap<UsageKey, bigint>, price: PriceUsage) {
  if (row['d_basis'] !== 'computed') return null;
  const { calls, cost } = weightsOf(row, 'f_');
  const group: CallGroup = {
    facts: {
      tenant: row['d_tenant'] ?? '',
      provider: row['d_provider'] ?? '',
      model: row['d_model'] ?? '',
      serviceTier: row['d_tier'] ?? '',
      batch: row['d_batch'] === 'true',
      speed: row['d_speed'] ?? '',
      region: row['d_region'] ?? '',
      priceContext: readContext(row['d_context'] ?? ''),
      bookVersion: row['f_book'] ?? '',
    },
    atNs: BigInt(row['f_at_ns'] ?? 0),
    calls,
    costAtto: cost,
    usage,
  };
  return splitCost(group, price);
}

function readContext(text: string): Readonly<Record<string, string>> {
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
}
