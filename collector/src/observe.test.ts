/** Metrics whose cause is too short or too rare to be caught from outside; the others: test/metrics.e2e.test.ts. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { observeSettle } from './observe.ts';
import { chat, openRoad } from './test-road.ts';

const log = pino({ level: 'silent' });

test('a failed settle pass is counted in aicost_settle_failures_total', async () => {
  const metrics = createMetrics();
  observeSettle(log, metrics).onFailed(new Error('ClickHouse is away'));
  expect((await metrics.aicost_settle_failures_total.get()).values[0]?.value).toBe(1);
});

test('a request waits for its fdatasync from when it asked, as aicost_journal_unsynced_oldest_seconds tells', async () => {
  const road = await openRoad();
  try {
    const sent = road.send([{ span: 1, attributes: chat(10) }]);
    await expect.poll(() => road.journal.unsyncedSinceMs, { interval: 0 }).toBeGreaterThan(0);
    await sent;
    expect(road.journal.unsyncedSinceMs).toBeUndefined();
  } finally {
    await road.close();
    await road.remove();
  }
});
