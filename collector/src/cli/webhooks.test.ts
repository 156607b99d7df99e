import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestApi } from './test-api.ts';
import { WEBHOOK_COMMANDS } from './webhooks.ts';

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.start();
});
afterEach(() => api.stop());

const run = (...line: string[]) => api.run(WEBHOOK_COMMANDS, line);

const WEBHOOK = {
  id: 'whk_1',
  name: '',
  url: 'https://example.com/alerts',
  created_at: '2026-08-20T12:00:00.000Z',
};

describe('aicost webhooks', () => {
  test('create shows the secret', async () => {
    api.reply = { ...WEBHOOK, secret: 'whsec_abc' };
    const { out } = await run('webhooks', 'create', WEBHOOK.url, '--name', 'pager');
    expect(out).toBe(
      'whk_1: alerts are sent to https://example.com/alerts.\nSecret, shown this once, to check their signatures with: whsec_abc\n',
    );
    expect(api.asked).toEqual([`POST /api/v1/webhooks {"url":"${WEBHOOK.url}","name":"pager"}`]);
    expect(JSON.parse((await run('webhooks', 'create', WEBHOOK.url, '--json')).out)).toEqual(
      api.reply,
    );
  });

  test('list and delete say which', async () => {
    api.replies = { '/api/v1/webhooks': { rows: [WEBHOOK] } };
    api.reply = WEBHOOK;
    expect((await run('webhooks', 'list')).out).toBe(
      [
        'ID     NAME  URL                         MADE',
        'whk_1  -     https://example.com/alerts  2026-08-20T12:00:00.000Z',
        '',
      ].join('\n'),
    );
    const { out } = await run('webhooks', 'delete', 'whk_1');
    expect(out).toBe('whk_1: nothing more is sent to https://example.com/alerts.\n');
    expect(api.asked.at(-1)).toBe('DELETE /api/v1/webhooks/whk_1');
  });
});

test('aicost alerts list shows what fired, and to how many webhooks it was delivered', async () => {
  const fired = {
    recorded_at: '2026-08-20T12:00:00Z',
    event: 'fired',
    state: 'exceeded',
    reason: 'reached',
    budget_name: 'each user',
    key: 'ann',
    spent_usd: '5.5',
    amount_usd: '5',
    deliveries: [{ outcome: 'delivered' }, { outcome: 'failed' }],
  };
  const resolved = { ...fired, event: 'resolved', reason: 'budget_deleted', key: null };
  api.reply = {
    rows: [fired, { ...resolved, spent_usd: null, deliveries: [] }],
    next_cursor: 'abc',
  };
  expect((await run('alerts', 'list', '--limit', '2', '--cursor', 'xyz')).out).toBe(
    [
      'WHEN                  EVENT     STATE     REASON          BUDGET          SPENT  AMOUNT  DELIVERED',
      '2026-08-20T12:00:00Z  fired     exceeded  reached         each user: ann    5.5       5  1 of 2',
      '2026-08-20T12:00:00Z  resolved  exceeded  budget_deleted  each user           -       5  -',
      'There are more: the same with --cursor abc',
      '',
    ].join('\n'),
  );
  expect(api.asked).toEqual(['GET /api/v1/alerts?from=now-7d&limit=2&cursor=xyz']);
});
