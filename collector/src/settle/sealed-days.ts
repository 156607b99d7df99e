/**
 * Days of tenants whose spans have expired, as `sealed_days` tells. What starts on one can no longer be judged by its
 * spans: settle, verify and reprice ask here before they take "no span" for an answer.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { RESPONSE_WINDOW_NS } from './groups.ts';
import type { StartRange } from './load-spans.ts';

export interface SealedDay {
  /** Days since 1970. */
  readonly day: number;
  /** Spans received and entries recorded up to here were there when it was sealed last. */
  readonly throughNs: bigint;
  /** Its entries have expired too. */
  readonly isLedgerGone: boolean;
}

const NS_PER_DAY = 86_400_000_000_000n;
/** The last day of ClickHouse's type Date. */
const DAY_MAX = 65_535;

interface SealedRow {
  tenant: string;
  number: number;
  through_ns: string;
  ledger_gone: number;
}

export class SealedDays {
  static readonly none = new SealedDays([]);
  private readonly byTenant: ReadonlyMap<string, ReadonlyMap<number, SealedDay>>;

  private constructor(rows: readonly SealedRow[]) {
    const byTenant = new Map<string, Map<number, SealedDay>>();
    for (const { tenant, number: day, through_ns: through, ledger_gone: gone } of rows) {
      const days = byTenant.get(tenant) ?? new Map<number, SealedDay>();
      byTenant.set(tenant, days);
      days.set(day, { day, throughNs: BigInt(through), isLedgerGone: gone === 1 });
    }
    this.byTenant = byTenant;
  }

  /** Those that this range touches, and a day's window on both sides of it; without a range, all. */
  static async read(store: Store, between?: StartRange): Promise<SealedDays> {
    const range = between === undefined ? undefined : widened(between);
    const [from, to] =
      range === undefined ? [0, DAY_MAX] : [dayOf(range.fromNs), dayOf(range.toNs)];
    const rows = await store.query<SealedRow>(
      `SELECT tenant, toUInt16(day) AS number, max(expired = 'ledger') AS ledger_gone,
         toUnixTimestamp64Nano(max(through)) AS through_ns
       FROM ${store.database}.sealed_days
       WHERE expired != 'content' AND toUInt16(day) >= {from:UInt16} AND toUInt16(day) <= {to:UInt16}
       GROUP BY tenant, day`,
      { from, to: Math.min(to, DAY_MAX) },
    );
    return new SealedDays(rows);
  }

  isSame(other: SealedDays): boolean {
    return this.text() === other.text();
  }

  private text(): string {
    const days = [...this.byTenant].flatMap(([tenant, own]) =>
      [...own.values()].map((one) => `${tenant}/${one.day}/${one.throughNs}/${one.isLedgerGone}`),
    );
    return days.sort().join('\n');
  }

  isAny(tenant: string): boolean {
    return this.byTenant.has(tenant);
  }

  /** The day of the tenant that holds this instant, where it is sealed. */
  of(tenant: string, startNs: bigint): SealedDay | undefined {
    return this.byTenant.get(tenant)?.get(dayOf(startNs));
  }

  /** Sealed days of the tenant that the range touches. */
  within(tenant: string, { fromNs, toNs }: StartRange): SealedDay[] {
    const [first, last] = [dayOf(fromNs), dayOf(toNs - 1n)];
    const days = this.byTenant.get(tenant)?.values() ?? [];
    return [...days].filter(({ day }) => day >= first && day <= last);
  }

  /** Whether what starts in the range may hang together with spans that have expired. */
  isNear(tenant: string, range: StartRange): boolean {
    return this.isAny(tenant) && this.within(tenant, widened(range)).length > 0;
  }

  /** Tenants whose UTC day (YYYY-MM-DD) is sealed. */
  tenantsOf(day: string): string[] {
    const number = Date.parse(day) / 86_400_000;
    return [...this.byTenant].filter(([, days]) => days.has(number)).map(([tenant]) => tenant);
  }

  /** Of those, whose ledger has expired too. */
  withoutLedger(day: string): string[] {
    const startNs = BigInt(Date.parse(day)) * 1_000_000n;
    return this.tenantsOf(day).filter((tenant) => this.of(tenant, startNs)?.isLedgerGone === true);
  }
}

function dayOf(ns: bigint): number {
  return ns <= 0n ? 0 : Number(ns / NS_PER_DAY);
}

function widened({ fromNs, toNs }: StartRange): StartRange {
  return { fromNs: fromNs - RESPONSE_WINDOW_NS, toNs: toNs + RESPONSE_WINDOW_NS };
}
