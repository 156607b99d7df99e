import { describe, expect, test } from 'vitest';
import { BUDGET_BODY } from './definition.ts';

const GOOD = { name: 'm', amount_usd: '100', window: { kind: 'calendar', unit: 'month' } };

test('what is not said has its preset, and what is read can be read again', () => {
  const read = BUDGET_BODY.parse(GOOD);
  expect(read).toEqual({
    name: 'm',
    amount_usd: '100',
    filters: {},
    each: null,
    window: { kind: 'calendar', unit: 'month', time_zone: 'UTC' },
    basis: 'settled',
    warn_at: '0.8',
    burn_rules: [{ fast: '1h', slow: '6h', factor: '6' }],
  });
  expect(BUDGET_BODY.parse(JSON.parse(JSON.stringify(read)))).toEqual(read);
});

test.for([
  [1, '15m'],
  [7, '1h'],
  [30, '1h'],
  [90, '6h'],
  [365, '6h'],
] as const)('a rolling window of %s days burns by the unit it is nearest to', ([days, fast]) => {
  const { burn_rules } = BUDGET_BODY.parse({ ...GOOD, window: { kind: 'rolling', days } });
  expect(burn_rules[0]?.fast).toBe(fast);
});

describe('a body that is wrong is told field and expectation', () => {
  const burn = (fast: string, slow: string, factor = '6') => ({
    burn_rules: [{ fast, slow, factor }],
  });
  test.for<[string, object, string]>([
    ['amount_usd', { amount_usd: 100 }, 'decimal string'],
    ['amount_usd', { amount_usd: '0' }, 'above 0'],
    ['amount_usd', { amount_usd: '-1' }, 'above 0'],
    ['amount_usd', { amount_usd: '1e3' }, 'decimal string'],
    ['amount_usd', { amount_usd: '0.0000000000000000001' }, 'decimal string'],
    ['amount_usd', { amount_usd: '1000000000001' }, 'up to 1000000000000'],
    ['filters.tenant', { filters: { tenant: ['acme'] } }, 'expected one of service'],
    ['filters.featur', { filters: { featur: ['a'] } }, 'expected one of service'],
    ['filters.feature', { filters: { feature: [] } }, 'at least one value'],
    ['each', { each: 'tenant' }, 'a budget is of one tenant'],
    ['each', { each: 'usr' }, 'or tag.<key>'],
    ['window.kind', { window: { kind: 'monthly' } }, '"kind":"calendar"'],
    [
      'window.unit',
      { window: { kind: 'calendar', unit: 'hour' } },
      'day, week, month, quarter, year',
    ],
    [
      'window.time_zone',
      { window: { kind: 'calendar', unit: 'day', time_zone: 'Mars/Olympus' } },
      'IANA',
    ],
    ['window.days', { window: { kind: 'rolling', days: 1.5 } }, 'whole number'],
    ['basis', { basis: 'now' }, 'settled or all'],
    ['warn_at', { warn_at: '1.1' }, 'up to 1'],
    ['warn_at', { warn_at: 0.8 }, 'decimal string'],
    ['burn_rules.0.fast', burn('90s', '6h'), 'such as 5m'],
    ['burn_rules.0.fast', burn('6h', '6h'), 'shorter than slow'],
    ['burn_rules.0.slow', burn('6h', '28d'), 'shorter than the window'],
    ['burn_rules.0.factor', burn('1h', '6h', '1001'), 'up to 1000'],
  ])('%s of %j', ([field, change, expected]) => {
    const { error } = BUDGET_BODY.safeParse({ ...GOOD, ...change });
    const [issue] = error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(field);
    expect(issue?.message).toContain(expected);
  });

  test('a member that does not exist is refused', () => {
    expect(BUDGET_BODY.safeParse({ ...GOOD, currency: 'EUR' }).success).toBe(false);
  });
});
