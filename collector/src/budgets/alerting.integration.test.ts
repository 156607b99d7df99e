/** From spending to a signed message: the real engine, a real receiver, and a clock that the test sets. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAlerts, readAlertsInput } from '@ai-cost-profiler/queries/alerts/alerts.ts';
import { BUDGET_BODY, type Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { answerBudgetStatus } from '@ai-cost-profiler/queries/budgets/status.ts';
import { createCursors } from '@ai-cost-profiler/queries/cursor.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeletionFence } from '../deletion-fence.ts';
import type { PublishedAlert } from '../publish-alert.ts';
import { deliverAlerts } from './deliver-alerts.ts';
import { evaluateBudgets } from './evaluate-budgets.ts';
import { LastLooks } from './last-looks.ts';
import { sendWebhook } from './send-webhook.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-08-10T12:00:00Z');
const SECRET = Buffer.from('of the webhook, 24 bytes');
const running = new AbortController().signal;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let ledger: EmbeddedLedger;
let receiver: Server;
let received: Received[] = [];
/** What the receiver answers next; 200 when there is none. */
let answers: number[] = [];
let budgets: Budget[] = [];
let published: [string, PublishedAlert][] = [];
let nowMs = START_MS;
let lastLooks = new LastLooks();

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      const status = answers.shift() ?? 200;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('secret');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => receiver.close(resolve));
  await ledger.close();
});
beforeEach(async () => {
  await ledger.clear();
  await ledger.store.command('TRUNCATE TABLE aicost.alerts');
  await ledger.store.command('TRUNCATE TABLE aicost.webhook_attempts');
  [received, answers, published, nowMs] = [[], [], [], START_MS];
  budgets = [budgetOf('bud_1', {})];
  lastLooks = new LastLooks();
});

function budgetOf(id: string, body: object): Budget {
  const window = { kind: 'calendar', unit: 'day' };
  const preset = { name: 'day', amount_usd: '100', window, basis: 'all', burn_rules: [] };
  return { ...BUDGET_BODY.parse({ ...preset, ...body }), id, tenant: 'acme', version: 7n };
}

const spend = (cost: string, user = '', tenant = 'acme') =>
  ledger.insert([
    {
      tenant,
      at: instantOfMs(nowMs - 1),
      dimensions: { user },
      figures: { calls: '1', cost_usd: cost, list_usd: cost },
    },
  ]);

/** A minute passes, and the budgets are looked at. */
async function look(): Promise<string[]> {
  nowMs += 60_000;
  const before = published.length;
  await evaluateBudgets(
    {
      store: ledger.store,
      budgets: { inForce: () => budgets, tenants: () => ['acme', 'globex'] },
      isOwner: () => true,
      fence: new DeletionFence(),
      lastLooks,
      idSecretOf: (tenant) => Buffer.from(tenant),
      publishAlert: (tenant, alert) => published.push([tenant, alert]),
      nowMs: () => nowMs,
      onEvaluated: () => undefined,
    },
    running,
  );
  return published
    .slice(before)
    .map(([, { key, state, event }]) =>
      [key, state, event].filter((one) => one !== null).join(' '),
    );
}

const outcomes: string[] = [];
function deliver(webhookIds: readonly string[] = ['wh_1']) {
  const { port } = receiver.address() as AddressInfo;
  const createdAt = new Date(START_MS).toISOString();
  const webhooks = webhookIds.map((id) => ({
    id,
    tenant: 'acme',
    url: `http://127.0.0.1:${port}/${id}`,
    createdAt,
    secret: SECRET,
  }));
  return deliverAlerts(
    {
      store: ledger.store,
      webhooks: { inForce: () => webhooks, isInForce: () => true },
      send: sendWebhook,
      mayBePrivate: true,
      fence: new DeletionFence(),
      nowMs: () => nowMs,
      random: () => 0,
      onAttempt: (outcome) => outcomes.push(outcome),
    },
    running,
  );
}

const cursors = createCursors(() => Buffer.from('a secret of alerts'));
const asking = (tenant: string) => ({ cursors, tenant, nowNs: instantOfMs(nowMs + 1) });

const listed = (query = '') =>
  answerAlerts(
    ledger.store,
    { tenant: 'acme', operator: false },
    readAlertsInput(new URLSearchParams(query), asking('acme')),
  );

describe('an alert', () => {
  test('fires once for each state of a period, and is resolved when the period ends', async () => {
    await spend('80');
    expect(await look()).toEqual(['warning fired']);
    expect(await look()).toEqual([]);
    await spend('20.000000000000000001');
    expect(await look()).toEqual(['exceeded fired']);
    expect(await look()).toEqual([]);
    nowMs += 12 * HOUR_MS;
    await spend('85');
    expect((await look()).sort()).toEqual([
      'exceeded resolved',
      'warning fired',
      'warning resolved',
    ]);
    const rows = (await listed()).rows.filter((row) => row.period_from?.startsWith('2026-08-10'));
    // What the old period came to was not looked at again, and the new one's is another matter.
    expect(rows.map(({ reason, spent_usd, burn }) => [reason, spent_usd, burn])).toEqual([
      ['period_ended', null, []],
      ['period_ended', null, []],
      ['reached', '100.000000000000000001', []],
      ['reached', '80', []],
    ]);
    expect(new Set(rows.map(({ message_id }) => message_id)).size).toBe(4);
    expect(new Set(rows.map(({ alert_id }) => alert_id)).size).toBe(2);
    expect(rows.at(-1)).toMatchObject({
      event: 'fired',
      state: 'warning',
      budget_id: 'bud_1',
      budget_version: '7',
      spent_usd: '80',
      amount_usd: '100',
      period_from: '2026-08-10T00:00:00Z',
      period_to: '2026-08-11T00:00:00Z',
      key: null,
      deliveries: [],
    });
  });

  test('is resolved when a correction takes back what was spent, and fires again when it returns', async () => {
    await spend('90');
    await look();
    await spend('-50');
    expect(await look()).toEqual(['warning resolved']);
    expect((await listed()).rows[0]).toMatchObject({ reason: 'below', spent_usd: null });
    await spend('50');
    expect(await look()).toEqual(['warning fired']);
    expect(new Set((await listed()).rows.map(({ alert_id }) => alert_id)).size).toBe(1);
  });

  test('of one rule for each user is told user by user', async () => {
    budgets = [budgetOf('bud_1', { each: 'user', amount_usd: '10' })];
    await spend('9', 'ann');
    await spend('11', 'bob');
    await spend('1', 'eve');
    await spend('1000');
    expect((await look()).sort()).toEqual([
      'ann warning fired',
      'bob exceeded fired',
      'bob warning fired',
    ]);
    await spend('2', 'ann');
    expect(await look()).toEqual(['ann exceeded fired']);
  });

  test('tells a rolling window that has room again', async () => {
    budgets = [budgetOf('bud_1', { window: { kind: 'rolling', days: 1 }, warn_at: null })];
    await spend('101');
    expect(await look()).toEqual(['exceeded fired']);
    nowMs += 23 * HOUR_MS;
    expect(await look()).toEqual([]);
    nowMs += HOUR_MS;
    expect(await look()).toEqual(['exceeded resolved']);
  });

  test('burns while both windows do', async () => {
    const burn_rules = [{ fast: '5m', slow: '1h', factor: '12' }];
    budgets = [budgetOf('bud_1', { amount_usd: '240', warn_at: null, burn_rules })];
    // 10 an hour are even: 120 in the last hour and 10 in the last 5 minutes are the factor 12.
    await spend('120');
    expect(await look()).toEqual(['burning fired']);
    nowMs += 5 * 60_000;
    expect(await look()).toEqual(['burning resolved']);
  });

  test('that is not shown for want of room leaves a word that there are more', async () => {
    await spend('80');
    await look();
    await spend('30');
    await look();
    const all = await listed('limit=2');
    expect(all).toMatchObject({ rows: [{ state: 'exceeded' }, { state: 'warning' }] });
    expect(all.next_cursor).toBeNull();
  });

  test('that a change of its budget ends says so, and what the budget says now', async () => {
    await spend('80');
    await look();
    const changed = budgetOf('bud_1', { name: 'larger', amount_usd: '1000' });
    budgets = [{ ...changed, version: 8n }];
    expect(await look()).toEqual(['warning resolved']);
    expect((await listed()).rows[0]).toMatchObject({
      reason: 'budget_changed',
      ...{ budget_name: 'larger', amount_usd: '1000', budget_version: '8', spent_usd: null },
    });
  });

  test('of a window that is another one now is not said to have ended', async () => {
    await spend('80');
    await look();
    const changed = budgetOf('bud_1', { window: { kind: 'rolling', days: 1 } });
    budgets = [{ ...changed, version: 8n }];
    expect(await look()).toEqual(['warning resolved', 'warning fired']);
    expect((await listed()).rows.find(({ event }) => event === 'resolved')).toMatchObject({
      reason: 'budget_changed',
      period_to: '2026-08-11T00:00:00Z',
    });
    nowMs += 24 * HOUR_MS;
    expect(await look()).toEqual(['warning resolved']);
    expect((await listed()).rows[0]?.reason).toBe('below');
  });

  test('ends with its budget', async () => {
    await spend('80');
    await look();
    budgets = [];
    expect(await look()).toEqual(['warning resolved']);
    expect((await listed()).rows[0]?.reason).toBe('budget_deleted');
    expect(await look()).toEqual([]);
  });

  test('tells its tenant alone, since when it holds, and of its own budget', async () => {
    await spend('500', '', 'globex');
    expect(await look()).toEqual([]);
    await spend('80');
    await look();
    const reader = { tenant: 'acme', operator: false };
    const asked = { budget: budgets[0]!, nowNs: instantOfMs(nowMs + 1), limit: 10 };
    const status = await answerBudgetStatus(ledger.store, reader, asked);
    expect(status.rows).toMatchObject([{ state: 'warning', since: '2026-08-10T12:02:00Z' }]);
    const globex = { tenant: 'globex', operator: false };
    const input = readAlertsInput(new URLSearchParams(), asking('globex'));
    const answer = await answerAlerts(ledger.store, globex, input);
    expect(answer).toEqual({ rows: [], next_cursor: null });
    expect((await listed('budget_id=bud_2')).rows).toEqual([]);
    expect((await listed('budget_id=bud_1')).rows).toHaveLength(1);
  });
});

describe('a webhook', () => {
  beforeEach(async () => {
    await spend('80');
    await look();
    outcomes.length = 0;
  });

  test('gets each event once, signed as Standard Webhooks has it', async () => {
    expect(await deliver()).toEqual({ pending: 0, nextMs: null });
    expect(await deliver()).toEqual({ pending: 0, nextMs: null });
    expect(received).toHaveLength(1);
    const { headers, body } = received[0]!;
    const [id, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']];
    expect(Number(timestamp)).toBe(nowMs / 1000);
    const signature = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`);
    expect(headers['webhook-signature']).toBe(`v1,${signature.digest('base64')}`);
    const message = JSON.parse(body);
    expect(message).toMatchObject({
      type: 'alert.fired',
      timestamp: '2026-08-10T12:01:00Z',
      data: { message_id: id, state: 'warning', spent_usd: '80', budget_name: 'day' },
    });
    const [row] = (await listed()).rows;
    expect({ ...row, deliveries: undefined }).toEqual({ ...message.data, deliveries: undefined });
    expect(row?.deliveries).toMatchObject([
      {
        webhook_id: 'wh_1',
        outcome: 'delivered',
        attempts: 1,
        status: 200,
        error: null,
        next_at: null,
      },
    ]);
  });

  test('that fails is tried again under the same id with the same bytes, later and later', async () => {
    answers = [500, 302, 404];
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { pending, nextMs } = await deliver();
      expect(pending).toBe(1);
      waits.push((nextMs ?? 0) - nowMs);
      // Not before it is due.
      expect((await deliver()).pending).toBe(1);
      expect(received).toHaveLength(attempt);
      nowMs = nextMs ?? 0;
    }
    // Without luck: half of 5 s, 20 s, 80 s.
    expect(waits).toEqual([2_500, 10_000, 40_000]);
    expect((await listed()).rows[0]?.deliveries).toMatchObject([
      { outcome: 'failed', attempts: 3, status: 404, error: 'answered 404' },
    ]);
    expect(await deliver()).toEqual({ pending: 0, nextMs: null });
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['webhook-signature'])).size).toBe(4);
    expect(outcomes).toEqual(['failed', 'failed', 'failed', 'delivered']);
  });

  test('that never takes it is given up after ten attempts, and one that is gone at once', async () => {
    answers = Array.from({ length: 20 }, () => 503);
    for (let nextMs: number | null = nowMs; nextMs !== null; ) {
      nowMs = nextMs;
      nextMs = (await deliver()).nextMs;
    }
    expect(received).toHaveLength(10);
    expect(outcomes.at(-1)).toBe('gave_up');
    answers = [410];
    await deliver(['wh_2']);
    expect(outcomes.at(-1)).toBe('gave_up');
    expect((await listed()).rows[0]?.deliveries.map(({ outcome }) => outcome)).toEqual([
      'gave_up',
      'gave_up',
    ]);
  });

  test('that fails keeps the order, and keeps no other webhook waiting', async () => {
    await spend('30');
    await look();
    answers = [500];
    // The first is refused; its second message is not even tried.
    expect((await deliver(['wh_1'])).pending).toBe(2);
    expect(received).toHaveLength(1);
    expect((await deliver(['wh_2'])).pending).toBe(0);
    nowMs += 3_000;
    expect((await deliver(['wh_1', 'wh_2'])).pending).toBe(0);
    const ofFirst = received
      .slice(-2)
      .map(({ body }) => (JSON.parse(body) as { data: { state: string } }).data.state);
    expect(ofFirst).toEqual(['warning', 'exceeded']);
  });
});
