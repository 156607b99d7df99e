/**
 * The operator at work: settles, changes prices and reprices at random while the collector takes traffic and is killed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerAsker } from './ledger-asker.ts';
import type { PriceSwitch } from './price-switch.ts';
import { PRICE_VARIANTS } from './price-variants.ts';
import type { Random } from './random.ts';
import { FIRST_DAY_NS } from './traffic.ts';

const MS_PER_HOUR = 3_600_000;

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
    await asker.ask('reprice', undefined, someHours(random));
  }
}

/**
 * A part of the days. Now and then its spans are read again: the rules are those they were read by, so that only prices
 * may change.
 */
function someHours(random: Random): object {
  const rules = random.chance(0.3);
  const fromMs = Number(FIRST_DAY_NS / 1_000_000n) + random.below(72) * MS_PER_HOUR;
  const iso = (ms: number) => new Date(ms).toISOString();
  return { rules, from: iso(fromMs), to: iso(fromMs + (rules ? 1 : 12) * MS_PER_HOUR) };
}
