import { expect, it } from 'vitest';
import { differenceTables, verdict } from './ledger-text.ts';

const checked = { days: 2, traces: 3, spans: 40, entries: 5 };

it('says how much agrees, and what was left out', () => {
  const skipped = { 'charges by the price book v1, which is not in force now': 4 };
  expect(verdict({ ok: true, checked, skipped, difference: null })).toEqual({
    ok: true,
    text:
      'Spans, ledger and rollups agree to the last digit: 5 entries, 40 spans and 3 traces of 2 days.\n' +
      'Left out: 4 charges by the price book v1, which is not in force now.\n',
  });
});

it('names the place of a difference, what was expected and found, and the cause', () => {
  const difference = {
    where: 'cost_hourly',
    tenant: 'acme',
    day: '2026-08-20',
    dimensions: { model: 'gpt-4o', feature: '' },
    column: 'cost_usd',
    expected: '0.5',
    found: null,
    cause: 'A batch is missing.',
  };
  expect(verdict({ ok: false, checked, skipped: {}, difference })).toEqual({
    ok: false,
    text: `A difference in cost_hourly, after 5 entries, 40 spans and 3 traces of 2 days:
  tenant      acme
  day         2026-08-20
  column      cost_usd
  model       gpt-4o
  expected    0.5
  found       nothing (NULL)
  cause       A batch is missing.
`,
  });
});

it('shows what a repricing changes by model and by feature, or that nothing does', () => {
  const sums = {
    tenant: 'acme',
    calls: 12,
    newly_priced: 1,
    newly_unpriced: 0,
    before_usd: '0.1',
    now_usd: '0.25',
    difference_usd: '0.15',
  };
  const text = differenceTables({
    step: 'difference',
    by_model: [{ ...sums, provider: 'openai', model: 'gpt-4o' }],
    by_feature: [{ ...sums, feature: '' }],
  });
  expect(text).toBe(`tenant  model          calls  priced  unpriced  before   now  difference
acme    openai/gpt-4o     12       1         0     0.1  0.25        0.15

tenant  feature  calls  priced  unpriced  before   now  difference
acme    (none)      12       1         0     0.1  0.25        0.15

`);
  expect(differenceTables({ by_model: [], by_feature: [] })).toBe('No charge changes.\n');
});
