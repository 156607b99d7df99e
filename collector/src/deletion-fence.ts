/**
 * What is told beside deletions: rows that name tenants and persons are read, and what they say is stored or sent a
 * little later. Nothing may be told any more of what was deleted in between, or the name is there again.
 * Invariant: a deletion is stored before it changes anything, and then waits here for what is being told; whoever
 * tells something looks first whether one began since it read. So it does not matter in which process a deletion runs,
 * but that it waits only for its own: what another process tells at that very moment, the deletion itself looks for
 * at its end.
 */

/** What is needed of `clickhouse/src/store.ts`. */
export interface DeletionsStore {
  readonly database: string;
  query<Row>(sql: string, params: Record<string, unknown>): Promise<Row[]>;
}

/** What was stored of a tenant's deletions, its persons' included. */
interface Noted {
  readonly tenant: string;
  /** How many changes of the tenant and of its persons were recorded. */
  readonly changes: string;
  readonly is_running: 0 | 1;
}

/** The deletions that were stored at one moment. */
export class Deletions {
  private readonly noted: ReadonlyMap<string, Noted>;

  constructor(noted: readonly Noted[]) {
    this.noted = new Map(noted.map((one) => [one.tenant, one]));
  }

  isRunning(tenant: string): boolean {
    return this.noted.get(tenant)?.is_running === 1;
  }

  /** Whether nothing of the tenant was or is being deleted since `before`, also if that came to its end. */
  mayTell(tenant: string, before: Deletions): boolean {
    const changes = this.noted.get(tenant)?.changes;
    return !this.isRunning(tenant) && changes === before.noted.get(tenant)?.changes;
  }
}

export type MayTell = (tenant: string) => boolean;

export class DeletionFence {
  private readonly telling = new Set<Promise<unknown>>();

  /** To be called before anything is read that will be told. Throws what the store throws. */
  async look(store: DeletionsStore): Promise<Deletions> {
    const { database } = store;
    const noted = await store.query<Noted>(
      `SELECT tenant, toString(sum(n.changes)) AS changes, toUInt8(max(n.is_running)) AS is_running FROM (
         SELECT tenant, count() AS changes, toUInt8(max(kind = 'tenant' AND deleted)) AS is_running
         FROM ${database}.control WHERE kind IN ('tenant', 'person_deletion') GROUP BY tenant
         UNION ALL
         SELECT tenant, toUInt64(0), toUInt8(1) FROM ${database}.erasing GROUP BY tenant
       ) AS n GROUP BY tenant`,
      {},
    );
    return new Deletions(noted);
  }

  /**
   * Runs `work`, which stores or sends what was read since `before`, of those tenants that may be told of. Throws what
   * the store or `work` throws.
   */
  tell<T>(
    store: DeletionsStore,
    before: Deletions,
    work: (mayTell: MayTell) => Promise<T>,
  ): Promise<T> {
    const told = this.look(store).then((now) => work((tenant) => now.mayTell(tenant, before)));
    const over = told.finally(() => this.telling.delete(over));
    this.telling.add(over);
    return over;
  }

  /** Resolves when all is over that is being told now. What begins later finds what is stored by now. */
  async untilTold(): Promise<void> {
    await Promise.allSettled(this.telling);
  }
}
