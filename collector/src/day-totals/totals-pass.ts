/**
 * A pass over the days that lack totals: those before today of which anything changed since they were summed, or that
 * were never summed. One after the other, so that whoever asks or sends notices little.
 */
import { BUILD_TENANTS_MAX } from '@ai-cost-profiler/clickhouse/day-totals.ts';
import { DAY_SECONDS, type UnitRun } from '@ai-cost-profiler/queries/coverage.ts';
import {
  openAllTenants,
  readStaleDays,
  type TenantDay,
} from '@ai-cost-profiler/queries/day-totals/upkeep.ts';
import type { Timers } from '../timers.ts';
import { buildDay, type DayOfTenants, type TotalsStore } from './build-day.ts';

export interface PassDeps {
  readonly store: TotalsStore;
  readonly timers: Pick<Timers, 'sleep'>;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Told before each build how many days lack one, and at the end. */
  readonly onStale: (days: number) => void;
}

/** A year, and the month before it to compare with. Older days are summed by the hour. */
const DAYS_BACK = 400;
/** A day that keeps changing is not summed more often than this. */
const PAUSE_MS = 5 * 60_000;
/** The pause doubles while a day is not right although it was summed: something else must come first. */
const DOUBLINGS_MAX = 6;
/** Between two builds, as a multiple of what the last one took. */
const REST = 3;
const REST_MS_MIN = 10;

interface Attempts {
  /** Builds in a row that were not valid when they were there. */
  failed: number;
  notBeforeMs: number;
}

export class DayTotals {
  private readonly deps: PassDeps;
  private readonly attempts = new Map<string, Attempts>();

  constructor(deps: PassDeps) {
    this.deps = deps;
  }

  /** Resolves with the number of builds made. Rejects with StoreError, or as `signal` says. */
  async pass(signal: AbortSignal): Promise<number> {
    const stale = await this.readStale(this.daysInReach());
    this.forgetOthers(stale);
    const due = this.inTurn(stale);
    let left = stale.length;
    for (const together of inDays(due)) {
      signal.throwIfAborted();
      this.deps.onStale(left);
      left -= await this.build(together, signal);
    }
    this.deps.onStale(left);
    return due.length;
  }

  /** Whole days before today, by the clock of the collector. */
  private daysInReach(): UnitRun {
    const today = (BigInt(Math.floor(this.deps.nowMs() / 1000)) / DAY_SECONDS) * DAY_SECONDS;
    const first = today - BigInt(DAYS_BACK) * DAY_SECONDS;
    return { from: first > 0n ? first : 0n, to: today };
  }

  /** Those whose pause is over: never tried ones first, the newest of them first; then whose pause ended first. */
  private inTurn(stale: readonly TenantDay[]): TenantDay[] {
    const nowMs = this.deps.nowMs();
    const notBefore = (day: TenantDay) => this.attempts.get(keyOf(day))?.notBeforeMs ?? 0;
    return stale
      .filter((day) => notBefore(day) <= nowMs)
      .sort((a, b) => notBefore(a) - notBefore(b));
  }

  /** Resolves with how many of them have a valid build now. */
  private async build(all: DayOfTenants, signal: AbortSignal): Promise<number> {
    const { store, timers, nowMs, random } = this.deps;
    const startMs = performance.now();
    // The list may be old by now: what it names may have been built by another, or have gone with its tenant.
    const tenants = await this.stillStale(all);
    if (tenants.length === 0) return all.tenants.length;
    const { day } = all;
    await buildDay(store, { day, tenants }, { nowMs: nowMs(), random: random(), signal });
    const wrong = await this.stillStale({ day, tenants });
    for (const tenant of tenants) this.note({ tenant, day }, !wrong.includes(tenant));
    await timers.sleep(Math.max(REST_MS_MIN, (performance.now() - startMs) * REST), signal);
    return all.tenants.length - wrong.length;
  }

  private note(day: TenantDay, isRight: boolean): void {
    const failed = isRight ? 0 : (this.attempts.get(keyOf(day))?.failed ?? 0) + 1;
    const pauseMs = PAUSE_MS * 2 ** Math.min(Math.max(failed - 1, 0), DOUBLINGS_MAX);
    this.attempts.set(keyOf(day), { failed, notBeforeMs: this.deps.nowMs() + pauseMs });
  }

  private async stillStale({ day, tenants }: DayOfTenants): Promise<string[]> {
    const from = BigInt(Date.parse(day)) / 1000n;
    const stale = await this.readStale({ from, to: from + DAY_SECONDS });
    return stale.map(({ tenant }) => tenant).filter((tenant) => tenants.includes(tenant));
  }

  private readStale(days: UnitRun): Promise<TenantDay[]> {
    return readStaleDays(openAllTenants(this.deps.store), days);
  }

  /** Of days that are right only the pause matters, and that until it is over. */
  private forgetOthers(stale: readonly TenantDay[]): void {
    const kept = new Set(stale.map(keyOf));
    for (const [key, { notBeforeMs }] of this.attempts) {
      if (!kept.has(key) && notBeforeMs <= this.deps.nowMs()) this.attempts.delete(key);
    }
  }
}

/** Tenants of the same day together, as many as one statement sums; in the order of the first of each. */
function inDays(due: readonly TenantDay[]): DayOfTenants[] {
  return [...Map.groupBy(due, ({ day }) => day)].flatMap(([day, all]) =>
    Array.from({ length: Math.ceil(all.length / BUILD_TENANTS_MAX) }, (_, at) => ({
      day,
      tenants: all
        .slice(at * BUILD_TENANTS_MAX, (at + 1) * BUILD_TENANTS_MAX)
        .map(({ tenant }) => tenant),
    })),
  );
}

const keyOf = ({ tenant, day }: TenantDay): string => `${day} ${tenant}`;
