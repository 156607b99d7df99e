/**
 * The operator at work: settles, changes prices and reprices at random while the collector takes traffic and is killed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerAsker } from './ledger-asker.ts';
import type { PriceSwitch } from './price-switch.ts';
import { PRICE_VARIANTS } from './price-variants.ts';
import type { Random } from './random.ts';

export interface Disturbance {
  readonly asker: LedgerAsker;
  readonly prices: PriceSwitch;
  readonly tenants: readonly string[];
  readonly isStopping: () => boolean;
}

/** Resolves when the work it asked for last is over. */
export async function disturb(
  { asker, prices, tenants, isStopping }: Disturbance,
  random: Random,
): Promise<void> {
  while (!isStopping()) {
    await sleep(random.between(200, 2_000));
    if (random.chance(0.6)) {
      await asker.ask('settle');
      continue;
    }
    if (random.chance(0.6)) {
      await prices.set(random.pick(tenants), random.pick(PRICE_VARIANTS));
    }
    await asker.ask('reprice');
  }
}
