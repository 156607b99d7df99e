/**
 * Up to when each budget was looked at last, so that a period which ended since is judged at its end. In memory: of who
 * looked before this process, or while another one settled, the marks of settle tell well enough.
 */
import { readSettledThrough } from '@ai-cost-profiler/queries/provisional.ts';
import type { InstantNs } from '@ai-cost-profiler/queries/range.ts';
import type { TenantScope } from '@ai-cost-profiler/queries/tenant-scope.ts';

/** What settle noted this long ago is of whoever looked before: this process has just begun to. */
const BEFORE_NS = 120_000_000_000n;

export class LastLooks {
  private atNs = new Map<string, InstantNs>();
  private isBegun = false;

  /** Null: a new budget, or one that nobody can have looked at. */
  async of(scope: TenantScope, budgetId: string, nowNs: InstantNs): Promise<InstantNs | null> {
    const known = this.atNs.get(budgetId);
    if (known !== undefined || this.isBegun) return known ?? null;
    return readSettledThrough(scope, nowNs - BEFORE_NS);
  }

  note(budgetId: string, atNs: InstantNs): void {
    this.atNs.set(budgetId, atNs);
  }

  /** Every budget was looked at: what has no look from now on is new. */
  passed(budgetIds: readonly string[]): void {
    const ids = new Set(budgetIds);
    this.atNs = new Map([...this.atNs].filter(([id]) => ids.has(id)));
    this.isBegun = true;
  }

  /** Another one looks from now on. */
  forget(): void {
    this.atNs.clear();
    this.isBegun = false;
  }
}
