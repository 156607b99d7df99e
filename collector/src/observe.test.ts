/** Metrics whose cause is too short or too rare to be caught from outside; the others: test/metrics.e2e.test.ts. */
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { observeRetention, observeSettle } from './observe.ts';
import { chat, openRoad } from './test-road.ts';

const log = pino({ level: 'silent' });

test('a failed settle pass is counted in aicost_settle_failures_total', async () => {
  const metrics = createMetrics();
  observeSettle(log, metrics).onFailed(new Error('ClickHouse is away'));
  expect((await metrics.aicost_settle_failures_total.get()).values[0]?.value).toBe(1);
});

test('a pass of retention is counted: aicost_retention_rows_total, _waiting and _failures_total', async () => {
  const metrics = createMetrics();
  const { onDay, onDone, onFailed } = observeRetention(log, metrics);
  const day = { day: '2026-08-20', tenants: ['acme'], waiting: {}, difference: null };
  onDay({ ...day, what: 'spans', rows: 5 });
  onDay({ ...day, what: 'ledger', rows: 2 });
  const result = { dry_run: false, spans: 5, content: 0, entries: 2, traces: 1 };
  onDone({ ...result, waiting: { differs: 3, not_settled: 1 } });
  onDone({ ...result, waiting: { not_settled: 2 } });
  onFailed(new Error('ClickHouse is away'));
  const valuesOf = async (name: 'aicost_retention_rows_total' | 'aicost_retention_waiting') =>
    Object.fromEntries(
      (await metrics[name].get()).values.map(({ labels, value }) => [
        Object.values(labels).join(),
        value,
      ]),
    );
  const rows = await valuesOf('aicost_retention_rows_total');
  expect(rows).toEqual({ spans: 5, ledger: 2, traces: 2 });
  expect(await valuesOf('aicost_retention_waiting')).toEqual({ not_settled: 2 });
  expect((await metrics.aicost_retention_failures_total.get()).values[0]?.value).toBe(1);
});

test('a request waits for its fdatasync from when it asked, as aicost_journal_unsynced_oldest_seconds tells', async () => {
  const road = await openRoad();
  try {
    let isSent = false;
    let waitsSinceMs: number | undefined;
    const sent = road.send([{ span: 1, attributes: chat(10) }]).finally(() => {
      isSent = true;
    });
    // It waits for a turn of the event loop or two, where a sync is quick.
    while (!isSent && waitsSinceMs === undefined) {
      await setImmediate();
      waitsSinceMs = road.journal.unsyncedSinceMs;
    }
    expect(waitsSinceMs).toBeGreaterThan(0);
    await sent;
    expect(road.journal.unsyncedSinceMs).toBeUndefined();
  } finally {
    await road.close();
    await road.remove();
  }
});
