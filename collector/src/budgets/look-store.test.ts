import type { CallOptions } from '@ai-cost-profiler/clickhouse/call-options.ts';
import { expect, test } from 'vitest';
import { QUERY_SETTINGS } from '../query-budget.ts';
import { type LookedInStore, lookStore } from './look-store.ts';

test('a question of a budget has the budget of a query, and is ended in the engine when the collector stops', async () => {
  const asked: CallOptions[] = [];
  const killed: string[] = [];
  const answers = [Promise.withResolvers<never[]>(), Promise.withResolvers<never[]>()];
  const store: LookedInStore = {
    database: 'aicost',
    insertRows: async () => undefined,
    query: (_sql, _params, options) => answers[asked.push(options) - 1]!.promise,
    kill: async (queryId) => void killed.push(queryId),
  };
  const stopping = new AbortController();
  const fenced = lookStore(store, stopping.signal);
  const [done, running] = [fenced.query('SELECT 1', {}), fenced.query('SELECT 2', {})];
  expect(asked[0]).toMatchObject({ settings: QUERY_SETTINGS, signal: stopping.signal });
  expect(asked[0]?.timeoutMs).toBeGreaterThan(QUERY_SETTINGS.max_execution_time * 1000);
  answers[0]?.resolve([]);
  await done;
  stopping.abort();
  // Of the one that is done nothing is left to end.
  expect(killed).toEqual([asked[1]?.queryId]);
  answers[1]?.resolve([]);
  await running;
});
