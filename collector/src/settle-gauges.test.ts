import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { settleGauges } from './settle-gauges.ts';

const state = { ok: true, detail: '' };

async function gaugesOf(settling: {
  isOwner: boolean;
  leaseAgeMs: number | undefined;
  formerOwners: number | undefined;
}): Promise<unknown[]> {
  const metrics = createMetrics();
  settleGauges({ isOwner: true, leaseAgeMs: 1, formerOwners: 9, state }, metrics);
  settleGauges({ ...settling, state }, metrics);
  const gaugeOf = async (
    name: 'aicost_settle_owner' | 'aicost_settle_lease_age_seconds' | 'aicost_settle_former_owners',
  ) => (await metrics[name].get()).values[0]?.value;
  return [
    await gaugeOf('aicost_settle_owner'),
    await gaugeOf('aicost_settle_lease_age_seconds'),
    await gaugeOf('aicost_settle_former_owners'),
  ];
}

test.for([
  ['the owner on a cluster', true, 1_500, 1, [1, 1.5, 1]],
  ['another one on it', false, undefined, 0, [0, undefined, 0]],
  ['the one that settles on a server', true, undefined, undefined, [1, undefined, undefined]],
] as const)('of %s', async ([, isOwner, leaseAgeMs, formerOwners, expected]) => {
  expect(await gaugesOf({ isOwner, leaseAgeMs, formerOwners })).toEqual(expected);
});

test('messages that wait are those of the collector that settles, and none once it is another one', async () => {
  const metrics = createMetrics();
  const pendingOf = async (isOwner: boolean) => {
    settleGauges({ isOwner, leaseAgeMs: 1, formerOwners: 0, state }, metrics);
    return (await metrics.aicost_webhook_pending.get()).values[0]?.value;
  };
  metrics.aicost_webhook_pending.set(7);
  expect([await pendingOf(true), await pendingOf(false)]).toEqual([7, 0]);
});
