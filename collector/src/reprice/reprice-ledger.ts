/**
 * Reprice: what calls of a range cost at the present book, appended as the difference. It looks first and appends
 * then, so that the difference is shown before anything changes; both looks see only what is stored.
 */
import { type AttoUsd, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { PriceNow } from '../settle/standing-amounts.ts';
import { type DifferenceRow, DifferenceTable } from './difference-table.ts';
import { liveCharges, type RepriceRange } from './live-charges.ts';
import { type Repriced, repriceCharge, repriceEntry } from './reprice-entry.ts';

export interface RepriceDeps {
  readonly store: Store;
  readonly price: PriceNow;
  /** A fresh id and instant for an entry. */
  readonly stamp: () => Pick<LedgerEntry, 'entryId' | 'recordedAtNs'>;
  /** Through the journal; resolves once the entries are durable. */
  readonly append: (entries: readonly LedgerEntry[]) => Promise<void>;
  /** Resolves when every row that came in until now is stored. */
  readonly stored: () => Promise<void>;
}

export interface RepriceOptions extends RepriceRange {
  readonly dryRun: boolean;
}

/** Amounts are plain decimals in US dollars. */
export interface RepriceResult {
  /** Live charges of the range, and of them those whose amounts change. */
  readonly charges: number;
  readonly changed: number;
  /** 0 in a dry run. */
  readonly entries: number;
  readonly difference_usd: string;
  readonly skipped: Readonly<Record<string, number>>;
}

export type RepriceProgress =
  | { readonly step: 'looking' | 'appending'; readonly charges: number; readonly changed: number }
  | {
      readonly step: 'difference';
      readonly by_model: DifferenceRow[];
      readonly by_feature: DifferenceRow[];
    };

/**
 * Calls of `onProgress` come in this order: looking …, difference, appending …. Rejects with StoreError or
 * JournalUnavailable.
 */
export async function repriceLedger(
  deps: RepriceDeps,
  options: RepriceOptions,
  onProgress: (progress: RepriceProgress) => void,
): Promise<RepriceResult> {
  await deps.stored();
  const table = new DifferenceTable();
  const seen = new Counts();
  for await (const repriced of repricedSteps(deps, options, seen)) {
    for (const one of repriced) {
      table.add(one);
    }
    onProgress({ step: 'looking', charges: seen.charges, changed: seen.changed });
  }
  onProgress({ step: 'difference', ...table.rows() });
  const entries =
    options.dryRun || seen.changed === 0 ? 0 : await appendAll(deps, options, onProgress);
  return { ...seen.toRow(), entries };
}

async function appendAll(
  deps: RepriceDeps,
  options: RepriceOptions,
  onProgress: (progress: RepriceProgress) => void,
): Promise<number> {
  const seen = new Counts();
  let entries = 0;
  for await (const repriced of repricedSteps(deps, options, seen)) {
    await deps.append(repriced.map((one) => repriceEntry(one, deps.stamp())));
    entries += repriced.length;
    onProgress({ step: 'appending', charges: seen.charges, changed: seen.changed });
  }
  // Whoever asked looks at the sums next.
  await deps.stored();
  return entries;
}

/** What changes, some charges at a time; counts what it looks at. */
async function* repricedSteps(
  { store, price }: RepriceDeps,
  range: RepriceRange,
  seen: Counts,
): AsyncGenerator<Repriced[]> {
  for await (const { charges, withoutSpan, ambiguous } of liveCharges(store, range)) {
    const repriced = charges.flatMap((charge) => repriceCharge(charge, price) ?? []);
    seen.add(charges.length, repriced);
    seen.skip('the span expired, and with it the other reading of the usage', withoutSpan);
    seen.skip('several charges stand for one call: settle first', ambiguous);
    yield repriced;
  }
}

class Counts {
  charges = 0;
  changed = 0;
  private differenceAtto: AttoUsd = 0n;
  private readonly skipped = new Map<string, number>();

  add(charges: number, repriced: readonly Repriced[]): void {
    this.charges += charges;
    this.changed += repriced.length;
    for (const { before, now } of repriced) {
      this.differenceAtto += (now.costAtto ?? 0n) - (before.costAtto ?? 0n);
    }
  }

  skip(reason: string, count: number): void {
    if (count > 0) {
      this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + count);
    }
  }

  toRow(): Omit<RepriceResult, 'entries'> {
    return {
      charges: this.charges,
      changed: this.changed,
      difference_usd: formatUsd(this.differenceAtto),
      skipped: Object.fromEntries(this.skipped),
    };
  }
}
