import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUDGET_COMMANDS } from './budgets.ts';
import { TestApi } from './test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.start();
  api.reply = BUDGET;
});
afterEach(() => api.stop());

const run = (...line: string[]) => api.run(BUDGET_COMMANDS, line);

const BUDGET = {
  id: 'bud_1',
  name: 'search',
  amount_usd: '250',
  each: null,
  window: { kind: 'calendar', unit: 'month', time_zone: 'Europe/Berlin' },
};
const EACH = { ...BUDGET, id: 'bud_2', each: 'user', window: { kind: 'rolling', days: 30 } };

describe('aicost budgets', () => {
  test('list shows how each stands, and of each user the one that spent most', async () => {
    const row = { key: null, spent_usd: '200', forecast_usd: '300', state: 'warning' };
    const top = { key: 'ann', spent_usd: null, forecast_usd: null, state: 'unknown' };
    api.replies = {
      '/api/v1/budgets': { rows: [BUDGET, EACH] },
      '/api/v1/budgets/bud_1/status?limit=1': { rows: [row] },
      '/api/v1/budgets/bud_2/status?limit=1': { rows: [top] },
    };
    expect((await run('budgets', 'list')).out).toBe(
      [
        'ID     NAME    WINDOW                 OF        AMOUNT  SPENT  FORECAST  STATE',
        'bud_1  search  month (Europe/Berlin)  -            250    200       300  warning',
        'bud_2  search  30d                    user ann     250      -         -  unknown',
        '',
      ].join('\n'),
    );
    const json = JSON.parse((await run('budgets', 'list', '--json')).out);
    expect(json.rows[0]).toEqual({ ...BUDGET, status: { rows: [row] } });
  });

  test('create sends what was said and leaves the rest to the collector', async () => {
    const more = ['--filter', 'feature=a&feature=b&tag.team=x', '--warn-at', 'never'];
    const { out } = await run(
      'budgets',
      'create',
      'search',
      '250',
      ...more,
      '--time-zone',
      'Europe/Berlin',
    );
    expect(out).toBe('bud_1: search is 250 USD per month (Europe/Berlin).\n');
    await run('budgets', 'create', 'u', '5', '--window', '30d', '--each', 'user', '--basis', 'all');
    const bodies = api.asked.map((line) => JSON.parse(line.replace('POST /api/v1/budgets ', '')));
    expect(bodies).toEqual([
      {
        name: 'search',
        amount_usd: '250',
        window: { kind: 'calendar', unit: 'month', time_zone: 'Europe/Berlin' },
        filters: { feature: ['a', 'b'], 'tag.team': ['x'] },
        warn_at: null,
      },
      {
        name: 'u',
        amount_usd: '5',
        window: { kind: 'rolling', days: 30 },
        filters: {},
        each: 'user',
        basis: 'all',
      },
    ]);
  });

  test('a rolling window has no time zone', async () => {
    const zone = ['--time-zone', 'UTC'];
    const { code, error } = await run('budgets', 'create', 'u', '5', '--window', '7d', ...zone);
    expect([code, error]).toEqual([
      2,
      'aicost: --time-zone is UTC; a rolling window such as 7d has none.\n',
    ]);
    expect(api.asked).toEqual([]);
  });

  test('delete says what is gone', async () => {
    expect((await run('budgets', 'delete', 'bud_1')).out).toBe('bud_1: search is deleted.\n');
    expect(api.asked).toEqual(['DELETE /api/v1/budgets/bud_1']);
  });
});
