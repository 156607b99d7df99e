import { expect, test } from 'vitest';
import { reportedCost } from './reported-cost.ts';

const CASES = [
  ['ticks of xAI', { cost_in_usd_ticks: 37_756_000 }, '0.0037756'],
  ['many ticks', { cost_in_usd_ticks: 123_000_000_000 }, '12.3'],
  ['no ticks', { cost_in_usd_ticks: 0 }, '0'],
  ['a number of OpenRouter', { cost: 0.00014 }, '0.00014'],
  ['a small number, without an exponent', { cost: 1.5e-7 }, '0.00000015'],
  ['nothing', { cost: 0 }, '0'],
  ['a sum of Perplexity', { cost: { total_cost: 0.006 } }, '0.006'],
  ['no cost', {}, undefined],
  ['what is no amount', { cost: '1', cost_in_usd_ticks: 1.5 }, undefined],
  ['less than nothing', { cost: -1 }, undefined],
] as const;

test.for(CASES)('%s', ([, usage, expected]) => {
  expect(reportedCost(usage)).toBe(expected);
});
