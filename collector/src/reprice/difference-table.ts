/** What a repricing changes, added up by model and by feature: shown before anything is appended. */
import { type AttoUsd, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { Amounts } from '../settle/standing-amounts.ts';

/** What a call cost and what it costs now; undefined is unpriced. */
export interface Change {
  /** Whose dimensions it has now. */
  readonly charge: LedgerEntry;
  /** Whose dimensions it had, where a call may have moved to another model or feature. */
  readonly was?: LedgerEntry;
  readonly before: Amounts;
  readonly now: Amounts;
}

/** The amounts of a call that is not billed. */
export const NOTHING: Amounts = { listAtto: 0n, costAtto: 0n, costLowAtto: 0n, costHighAtto: 0n };

/** One model, or one feature; amounts are plain decimals in US dollars. */
export interface DifferenceRow {
  readonly tenant: string;
  readonly provider?: string;
  readonly model?: string;
  readonly feature?: string;
  /** Calls whose amounts change, and of them those that become priced, or unpriced. */
  readonly calls: number;
  readonly newly_priced: number;
  readonly newly_unpriced: number;
  /** Sums over the calls that change; an unpriced call adds nothing. */
  readonly before_usd: string;
  readonly now_usd: string;
  readonly difference_usd: string;
}

/** Groups shown by themselves; what comes after is one more, so that memory is bounded. */
const ROWS_MAX = 1_000;
const OTHERS = '(others)';

interface Sum {
  key: Pick<DifferenceRow, 'tenant' | 'provider' | 'model' | 'feature'>;
  calls: number;
  newlyPriced: number;
  newlyUnpriced: number;
  beforeAtto: AttoUsd;
  nowAtto: AttoUsd;
}

class Sums {
  private readonly byKey = new Map<string, Sum>();

  add(key: Sum['key'], { before, now }: Pick<Change, 'before' | 'now'>): void {
    const sum = this.sumOf(key);
    sum.calls++;
    sum.newlyPriced += before.costAtto === undefined && now.costAtto !== undefined ? 1 : 0;
    sum.newlyUnpriced += before.costAtto !== undefined && now.costAtto === undefined ? 1 : 0;
    sum.beforeAtto += before.costAtto ?? 0n;
    sum.nowAtto += now.costAtto ?? 0n;
  }

  /** The largest differences first. */
  rows(): DifferenceRow[] {
    const size = ({ nowAtto, beforeAtto }: Sum) =>
      nowAtto > beforeAtto ? nowAtto - beforeAtto : beforeAtto - nowAtto;
    return [...this.byKey.values()]
      .sort((a, b) => (size(a) > size(b) ? -1 : size(a) < size(b) ? 1 : 0))
      .map(rowOf);
  }

  private sumOf(key: Sum['key']): Sum {
    const isFull = this.byKey.size >= ROWS_MAX && !this.byKey.has(JSON.stringify(key));
    const names = Object.keys(key);
    const used: Sum['key'] = isFull
      ? { tenant: OTHERS, ...Object.fromEntries(names.map((name) => [name, OTHERS])) }
      : key;
    const text = JSON.stringify(used);
    const known = this.byKey.get(text);
    if (known !== undefined) {
      return known;
    }
    const sum = {
      key: used,
      calls: 0,
      newlyPriced: 0,
      newlyUnpriced: 0,
      beforeAtto: 0n,
      nowAtto: 0n,
    };
    this.byKey.set(text, sum);
    return sum;
  }
}

function rowOf(sum: Sum): DifferenceRow {
  return {
    ...sum.key,
    calls: sum.calls,
    newly_priced: sum.newlyPriced,
    newly_unpriced: sum.newlyUnpriced,
    before_usd: formatUsd(sum.beforeAtto),
    now_usd: formatUsd(sum.nowAtto),
    difference_usd: formatUsd(sum.nowAtto - sum.beforeAtto),
  };
}

const modelKey = ({ tenant, provider, model }: LedgerEntry) => ({ tenant, provider, model });
const featureKey = ({ tenant, attribution }: LedgerEntry) => {
  return { tenant, feature: attribution.feature };
};

export class DifferenceTable {
  private readonly byModel = new Sums();
  private readonly byFeature = new Sums();

  add(change: Change): void {
    move(this.byModel, change, modelKey);
    move(this.byFeature, change, featureKey);
  }

  rows(): { by_model: DifferenceRow[]; by_feature: DifferenceRow[] } {
    return { by_model: this.byModel.rows(), by_feature: this.byFeature.rows() };
  }
}

/** A call that moved is taken from the one and added to the other. */
function move(
  sums: Sums,
  { charge, was = charge, before, now }: Change,
  keyOf: (charge: LedgerEntry) => Sum['key'],
): void {
  const [old, key] = [keyOf(was), keyOf(charge)];
  if (JSON.stringify(old) === JSON.stringify(key)) {
    sums.add(key, { before, now });
  } else {
    sums.add(old, { before, now: NOTHING });
    sums.add(key, { before: NOTHING, now });
  }
}
