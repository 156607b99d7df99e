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
  /** Ids of budgets, that whose turn is longest ago first. */
  private readonly turns = new Set<string>();
  private atNs = new Map<string, InstantNs>();
  private isBegun = false;

  /** Null: a new budget, or one that nobody can have looked at. */
  async of(scope: TenantScope, budgetId: string, nowNs: InstantNs): Promise<InstantNs | null> {
    const known = this.atNs.get(budgetId);
    if (known !== undefined || this.isBegun) return known ?? null;
    return readSettledThrough(scope, nowNs - BEFORE_NS);
  }

  /** New ones first, then those whose turn is longest ago: what a pass has no time for begins the next one. */
  inTurn<T extends { readonly id: string }>(budgets: readonly T[]): T[] {
    const places = new Map([...this.turns].map((id, place) => [id, place]));
    const placeOf = ({ id }: T): number => places.get(id) ?? -1;
    return budgets.toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  /** Its turn begins, whatever becomes of it. */
  begin(budgetId: string): void {
    this.turns.delete(budgetId);
    this.turns.add(budgetId);
  }

  note(budgetId: string, atNs: InstantNs): void {
    this.atNs.set(budgetId, atNs);
  }

  /** Every budget was looked at: what has no look from now on is new. */
  passed(budgetIds: readonly string[]): void {
    const ids = new Set(budgetIds);
    this.atNs = new Map([...this.atNs].filter(([id]) => ids.has(id)));
    for (const id of this.turns) if (!ids.has(id)) this.turns.delete(id);
    this.isBegun = true;
  }

  /** Another one looks from now on. */
  forget(): void {
    this.atNs.clear();
    this.isBegun = false;
  }
}
