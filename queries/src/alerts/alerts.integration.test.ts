/** Pages of alerts, on the real engine. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCursors } from '../cursor.ts';
import { formatInstant, parseInstant } from '../range.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { type AlertEvent, storedAlert } from './alert-event.ts';
import { answerAlerts, readAlertsInput } from './alerts.ts';

const NOW_NS = parseInstant('2026-08-20T12:00:00Z', 0n);
const HOUR_NS = 3_600_000_000_000n;
const cursors = createCursors(() => Buffer.from('a secret of alerts'));

let ledger: EmbeddedLedger;

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  const events = ['e', 'b', 'd', 'a', 'c'].map((id) => eventOf(id, 2n));
  const others = [eventOf('f', 1n), eventOf('g', 3n), eventOf('h', 30n)];
  const rows = [...events, ...others].map((event) => storedAlert('acme', event));
  await ledger.store.insertRows('alerts', [...rows, storedAlert('globex', eventOf('z', 2n))]);
});
afterAll(() => ledger.close());

/** Of one look: several share their instant. */
function eventOf(id: string, hoursAgo: bigint): AlertEvent {
  const at = formatInstant(NOW_NS - hoursAgo * HOUR_NS);
  const budget = {
    budget_id: id < 'c' ? 'bud_1' : 'bud_2',
    budget_name: 'day',
    budget_version: '7',
  };
  const what = { event: 'fired', state: 'exceeded', reason: 'reached' } as const;
  const whose = { dimension: null, key: null, period_from: null, period_to: null };
  const figures = { amount_usd: '100', spent_usd: '120', burn: [] };
  return {
    message_id: id,
    alert_id: id,
    ...budget,
    ...what,
    ...whose,
    ...figures,
    at,
    recorded_at: at,
  };
}

function ask(query: string, { tenant = 'acme', nowNs = NOW_NS } = {}) {
  const input = readAlertsInput(new URLSearchParams(query), { cursors, tenant, nowNs });
  return answerAlerts(ledger.store, { tenant, operator: false }, input);
}

/** The ids on each page, to the last. */
async function pagesOf(query: string): Promise<string[]> {
  const pages: string[] = [];
  for (let further = ''; ; ) {
    const { rows, next_cursor: cursor } = await ask(`${query}${further}`);
    pages.push(rows.map(({ message_id: id }) => id).join(''));
    if (cursor === null) return pages;
    further = `&cursor=${cursor}`;
  }
}

test.for([
  ['limit=1000', ['fabcdeg']],
  ['limit=7', ['fabcdeg']],
  ['limit=3', ['fab', 'cde', 'g']],
  ['limit=1', ['f', 'a', 'b', 'c', 'd', 'e', 'g']],
  ['limit=2&from=now-7d', ['fa', 'bc', 'de', 'gh']],
  ['limit=1&budget_id=bud_1', ['a', 'b']],
  ['from=now-50m', ['']],
] as const)(
  '%s shows each event once, newest first, also those of one instant',
  async ([query, pages]) => {
    expect(await pagesOf(query)).toEqual(pages);
  },
);

test('a page goes on with the range of the first one, whenever it is asked', async () => {
  const { next_cursor: cursor } = await ask('limit=1');
  const later = await ask(`limit=1000&cursor=${cursor}`, { nowNs: NOW_NS + 23n * HOUR_NS });
  expect(later.rows.map(({ message_id: id }) => id).join('')).toBe('abcdeg');
});

test('a cursor is good for its tenant and its question alone', async () => {
  const { next_cursor: cursor } = await ask('limit=1');
  await expect(async () => ask(`cursor=${cursor}`, { tenant: 'globex' })).rejects.toThrow(
    /^cursor is/,
  );
  await expect(async () => ask(`cursor=${cursor}&budget_id=bud_1`)).rejects.toThrow(/^cursor is/);
  await expect(async () => ask(`cursor=x${cursor}`)).rejects.toThrow(/^cursor is/);
  expect(await ask('', { tenant: 'globex' })).toMatchObject({
    rows: [{ message_id: 'z' }],
    next_cursor: null,
  });
});
