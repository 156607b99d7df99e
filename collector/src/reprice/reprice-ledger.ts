/**
 * Reprice: what calls of a range cost at the present book, appended as the difference. It looks first and appends
 * then, so that the difference is shown before anything changes; both looks see only what is stored.
 */
import { type AttoUsd, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { EntryMaker } from '../settle/difference.ts';
import type { PriceNow } from '../settle/standing-amounts.ts';
import { type DifferenceRow, DifferenceTable } from './difference-table.ts';
import { liveCharges, type RepriceRange } from './live-charges.ts';
import { repriceCharge, repriceEntry } from './reprice-entry.ts';
import type { Appended, RepriceStep } from './reprice-step.ts';
import { rulesSteps } from './rules-steps.ts';

export interface RepriceDeps {
  readonly store: Store;
  readonly price: PriceNow;
  readonly maker: EntryMaker;
  /** Through the journal; resolves once everything is durable. */
  readonly append: (appended: Appended) => Promise<void>;
  /** Resolves when every row that came in until now is stored. */
  readonly stored: () => Promise<void>;
  /** Every span received up to here was settled: nanoseconds since 1970. */
  readonly settledThroughNs: () => Promise<bigint>;
}

export interface RepriceOptions extends RepriceRange {
  readonly dryRun: boolean;
  /** Reads the stored spans again, by the rules of now, and not only at the book of now. */
  readonly rules: boolean;
}

/** Amounts are plain decimals in US dollars. */
export interface RepriceResult {
  /** Live charges that were looked at, and the calls that change: in their amounts or, with `rules`, in their facts. */
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
  for await (const step of stepsOf(deps, options)) {
    seen.add(step);
    for (const change of step.changes) {
      table.add(change);
    }
    onProgress({ step: 'looking', charges: seen.charges, changed: seen.changed });
  }
  onProgress({ step: 'difference', ...table.rows() });
  const entries =
    options.dryRun || !seen.isAnything ? 0 : await appendAll(deps, options, onProgress);
  return { ...seen.toRow(), entries };
}

async function appendAll(
  deps: RepriceDeps,
  options: RepriceOptions,
  onProgress: (progress: RepriceProgress) => void,
): Promise<number> {
  const seen = new Counts();
  let entries = 0;
  for await (const step of stepsOf(deps, options)) {
    seen.add(step);
    const appended = step.toAppend();
    await deps.append(appended);
    entries += appended.entries.length;
    onProgress({ step: 'appending', charges: seen.charges, changed: seen.changed });
  }
  // Whoever asked looks at the sums next.
  await deps.stored();
  return entries;
}

function stepsOf(deps: RepriceDeps, options: RepriceOptions): AsyncGenerator<RepriceStep> {
  return options.rules ? rulesSteps(deps, options) : bookSteps(deps, options);
}

/** What changes at the book of now, some charges at a time. */
async function* bookSteps(
  { store, price, maker }: RepriceDeps,
  range: RepriceRange,
): AsyncGenerator<RepriceStep> {
  for await (const step of liveCharges(store, range)) {
    const { charges, withoutSpan, ambiguous, sealed } = step;
    const repriced = charges.flatMap((charge) => repriceCharge(charge, price) ?? []);
    yield {
      charges: charges.length,
      changes: repriced,
      isAnything: repriced.length > 0,
      toAppend: () => ({
        spans: [],
        entries: repriced.map((one) => repriceEntry(one, maker.stamp())),
      }),
      skipped: [
        ['the span expired, and with it the other reading of the usage', withoutSpan],
        ['several charges stand for one call: settle first', ambiguous],
        ['the spans of the day have expired, and the day is sealed: left as billed', sealed],
      ],
    };
  }
}

class Counts {
  charges = 0;
  changed = 0;
  isAnything = false;
  private differenceAtto: AttoUsd = 0n;
  private readonly skipped = new Map<string, number>();

  add({ charges, changes, isAnything, skipped }: RepriceStep): void {
    this.charges += charges;
    this.changed += changes.length;
    this.isAnything ||= isAnything;
    for (const { before, now } of changes) {
      this.differenceAtto += (now.costAtto ?? 0n) - (before.costAtto ?? 0n);
    }
    for (const [reason, count] of skipped) {
      this.skip(reason, count);
    }
  }

  private skip(reason: string, count: number): void {
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
