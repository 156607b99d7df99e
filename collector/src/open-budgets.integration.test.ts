/** The parts as the collector joins them: a budget and a webhook made by a person, a call, and who hears of it. */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { BUDGET_BODY } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import { openEmbeddedLedger } from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { expect, test } from 'vitest';
import type { Config } from './config.ts';
import { loadConfig } from './config.ts';
import { openControlState } from './control/control-state.ts';
import { ensureFingerprintSecret } from './control/fingerprint-secret.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { openBudgets, startAlerting } from './open-budgets.ts';
import type { Storage } from './storage.ts';
import { aborted } from './timers.ts';

const NEVER = AbortSignal.any([]);
const BY = { actor: 'key:ann', tenant: 'acme' };

async function control(directory: string) {
  const state = await openControlState({
    store: null,
    copyPath: join(directory, 'control.json'),
    now: () => new Date(),
    randomInt: () => 0,
    log: createLog('silent', process.stderr),
  });
  await ensureFingerprintSecret(state, (size) => new Uint8Array(size).fill(7));
  return state;
}

test('what is spent beyond a budget is told live, counted, and sent under the secret that was shown', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'aicost-budgets-'));
  const ledger = await openEmbeddedLedger();
  const received = Promise.withResolvers<{
    headers: NodeJS.Dict<string | string[]>;
    body: string;
  }>();
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.resolve({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const config: Config = { ...loadConfig(new Map(), {}).config, webhookPrivateAddresses: true };
  const budgets = openBudgets(config, await control(directory));
  const body = { name: 'm', amount_usd: '1', window: { kind: 'rolling', days: 1 }, basis: 'all' };
  const silent = { warn_at: null, burn_rules: [] };
  const { id } = await budgets.budgets.create(BY, BUDGET_BODY.parse({ ...body, ...silent }));
  const url = `http://127.0.0.1:${port}/`;
  const { secret } = await budgets.webhooks.create(BY, { name: '', url });
  const figures = { calls: '1', cost_usd: '2', list_usd: '2' };
  await ledger.insert([{ tenant: 'acme', at: instantOfMs(Date.now() - 60_000), figures }]);
  const metrics = createMetrics();
  const live: [string, string, object][] = [];
  const loop = startAlerting({
    config,
    storage: { store: ledger.store } as Storage,
    budgets,
    clock: { nowMs: Date.now, startedMs: Date.now() },
    storing: { settling: { isOwner: true } },
    live: { isHeard: true, publish: (...told) => void live.push(told) },
    metrics,
    log: createLog('silent', process.stderr),
  });
  try {
    const { headers, body: sent } = await received.promise;
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${sent}`;
    const expected = createHmac('sha256', key).update(content).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(live).toEqual([['acme', 'alert', JSON.parse(sent).data]]);
    expect(live[0]?.[2]).toMatchObject({ budget_id: id, state: 'exceeded', spent_usd: '2' });
    // A loop that is stopped waits for no answer.
    await expect
      .poll(() => metrics.registry.getSingleMetricAsString('aicost_webhook_attempts_total'), {
        timeout: 30_000,
      })
      .toContain('aicost_webhook_attempts_total{outcome="delivered"} 1');
  } finally {
    await loop?.stop(NEVER);
  }
  expect(
    await ledger.store.query(
      'SELECT tenant, budget_id, toString(state) AS state, toString(remaining_usd) AS left FROM aicost.budget_status',
    ),
  ).toEqual([{ tenant: 'acme', budget_id: id, state: 'exceeded', left: '-1' }]);
  expect(await metrics.registry.getSingleMetricAsString('aicost_alerts_total')).toContain(
    'aicost_alerts_total{state="exceeded",event="fired"} 1',
  );
  await new Promise((resolve) => receiver.close(resolve));
  await ledger.close();
  await rm(directory, { recursive: true });
});

test('questions to a store that does not answer end with the loop', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'aicost-budgets-'));
  const asked = Promise.withResolvers<void>();
  let killed = 0;
  const store: Pick<Store, 'database' | 'query' | 'insertRows' | 'kill'> = {
    database: 'aicost',
    kill: async () => {
      killed += 1;
    },
    query: (_sql, _params, options) => {
      asked.resolve();
      return aborted(options?.signal ?? NEVER).then(() => Promise.reject(new Error('stopped')));
    },
    insertRows: async () => undefined,
  };
  const { config } = loadConfig(new Map(), {});
  const budgets = openBudgets(config, await control(directory));
  const window = { kind: 'calendar', unit: 'day' };
  await budgets.budgets.create(BY, BUDGET_BODY.parse({ name: 'd', amount_usd: '1', window }));
  const loop = startAlerting({
    ...{ config, budgets, metrics: createMetrics(), log: createLog('silent', process.stderr) },
    storage: { store } as Storage,
    clock: { nowMs: Date.now, startedMs: 0 },
    live: { isHeard: false, publish: () => undefined },
    storing: { settling: { isOwner: true } },
  });
  await asked.promise;
  await loop?.stop(NEVER);
  expect(killed).toBeGreaterThan(0);
  await rm(directory, { recursive: true });
});

test('only the collector that settles looks at budgets', async () => {
  const config: Config = { ...loadConfig(new Map(), {}).config, settle: false };
  const parts = { config, storage: {} as Storage, metrics: createMetrics() };
  const directory = await mkdtemp(join(tmpdir(), 'aicost-budgets-'));
  const loop = startAlerting({
    ...parts,
    budgets: openBudgets(config, await control(directory)),
    clock: { nowMs: Date.now, startedMs: 0 },
    live: { isHeard: false, publish: () => undefined },
    storing: { settling: { isOwner: true } },
    log: createLog('silent', process.stderr),
  });
  expect(loop).toBeUndefined();
  await rm(directory, { recursive: true });
});
