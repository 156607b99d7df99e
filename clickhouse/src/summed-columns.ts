/** Every numeric column of the ledger that its rollups sum, and the totals of days after them. */
import { USAGE_KEYS } from './usage.ts';

const AMOUNTS = [
  'list_usd',
  'cost_usd',
  'cost_low_usd',
  'cost_high_usd',
  'reported_usd',
  'sampled_out_usd',
  'cache_saved_usd',
] as const;

export const SUMMED_COLUMNS = [
  'calls',
  'unpriced_calls',
  'sampled_calls',
  'cache_priced_calls',
  ...USAGE_KEYS,
  ...AMOUNTS,
] as const;
