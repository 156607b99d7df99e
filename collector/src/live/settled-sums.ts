/** What a pass of settle appended, by tenant, until it is told. */
import { type AttoUsd, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { LiveHub } from './live-hub.ts';

interface Sum {
  entries: number;
  /** Of them, those whose amount is unknown. */
  unpriced: number;
  costAtto: AttoUsd;
}

const emptySum = (): Sum => ({ entries: 0, unpriced: 0, costAtto: 0n });

export class SettledSums {
  private readonly hub: Pick<LiveHub, 'isHeard' | 'publish' | 'tenants'>;
  private readonly sums = new Map<string, Sum>();

  constructor(hub: SettledSums['hub']) {
    this.hub = hub;
  }

  /** Entries of one tenant that are durable. */
  add(tenant: string, entries: readonly LedgerEntry[]): void {
    if (!this.hub.isHeard || entries.length === 0) return;
    const sum = this.sums.get(tenant) ?? emptySum();
    sum.entries += entries.length;
    for (const { charge } of entries) {
      if (charge.costAtto === undefined) sum.unpriced++;
      else sum.costAtto += charge.costAtto;
    }
    this.sums.set(tenant, sum);
  }

  /** A pass is over: every tenant that is listened to is told how far, and what changed. */
  tell(settledThrough: string | null): void {
    for (const tenant of this.hub.tenants()) {
      const { entries, unpriced, costAtto } = this.sums.get(tenant) ?? emptySum();
      const cost = entries > 0 && entries === unpriced ? null : formatUsd(costAtto);
      const sums = { entries, unpriced_entries: unpriced, cost_usd: cost };
      const data = { ...sums, settled_through: settledThrough };
      this.hub.publish(tenant, 'settled', data);
    }
    this.sums.clear();
  }
}
