/**
 * The only way to the store: every table a question reads comes from `from`, which carries the
 * tenant predicate. Invariant: no other file of this package names a table or calls a store.
 */
import type { Dimension, Filter } from './dimensions.ts';
import { ForbiddenQuestion } from './input-problem.ts';
import { bound, name, render, type Sql, sql } from './sql.ts';

/** What a question needs of a store; `clickhouse/src/store.ts` is one. */
export interface Store {
  query<T>(sql: string, params: Record<string, unknown>): Promise<T[]>;
  readonly database: string;
}

/** A store that also answers in bytes of a format, as they come; `clickhouse/src/store.ts` is one. */
export interface ByteStore extends Store {
  raw(
    sql: string,
    format: string,
    params: Record<string, unknown>,
    settings: Readonly<Record<string, string | number>>,
  ): Promise<AsyncIterable<Uint8Array>>;
}

/** Who asks, as the key says. Only an operator may span tenants. */
export interface Reader {
  readonly tenant: string;
  readonly operator: boolean;
}

export type Table =
  | 'spans'
  | 'ledger'
  | 'cost_hourly'
  | 'cost_daily'
  | 'cost_day_batches'
  | 'cost_day_totals'
  | 'traces'
  | 'sealed_days'
  | 'alerts'
  | 'webhook_attempts'
  | 'budget_status';

export interface TenantScope {
  /** `FROM db.table WHERE <tenant predicate>`; further conditions follow with ` AND `. */
  from(table: Table): Sql;
  /**
   * What tells a trace from every other one that is asked about, in sixteen bytes: a set of a million of these is made
   * and looked into in a third of the time of ids as text (and no index is held against each of its members).
   */
  readonly traceKey: Sql;
  /** `FROM db.settle_marks`: how far settle has come is the same for every tenant. */
  readonly settleMarks: Sql;
  /** Runs a statement made of this scope's tables. */
  query<Row>(statement: Sql): Promise<Row[]>;
}

export interface ByteScope extends TenantScope {
  /** The answer of one statement in a format of the engine, as it comes. */
  bytes(
    statement: Sql,
    format: string,
    settings: Readonly<Record<string, string | number>>,
  ): Promise<AsyncIterable<Uint8Array>>;
}

interface Asked {
  readonly by: readonly Dimension[];
  readonly filters: readonly Filter[];
}

/**
 * Opens the store for what one reader may see: the reader's own tenant; for an operator who asks by
 * tenant or filters by it, those tenants. Throws ForbiddenQuestion when another reader does either.
 */
export function openTenantScope(store: Store, reader: Reader, asked: Asked): TenantScope {
  const predicate = tenantPredicate(reader, asked);
  return {
    from: (table) => sql`FROM ${name(store.database)}.${name(table)} WHERE ${predicate}`,
    traceKey: spansTenants(asked)
      ? sql`murmurHash3_128(tenant, trace_id)`
      : sql`murmurHash3_128(trace_id)`,
    settleMarks: sql`FROM ${name(store.database)}.settle_marks`,
    query: (statement) => {
      const { text, params } = render(statement);
      return store.query(text, params);
    },
  };
}

/** As `openTenantScope`, for answers that are passed on as they come. */
export function openByteScope(store: ByteStore, reader: Reader, asked: Asked): ByteScope {
  return {
    ...openTenantScope(store, reader, asked),
    bytes: (statement, format, settings) => {
      const { text, params } = render(statement);
      return store.raw(text, format, params, settings);
    },
  };
}

const tenantFilter = ({ filters }: Asked) =>
  filters.find(({ dimension }) => dimension === 'tenant');

const spansTenants = (asked: Asked): boolean =>
  asked.by.includes('tenant') || tenantFilter(asked) !== undefined;

function tenantPredicate(reader: Reader, asked: Asked): Sql {
  if (!spansTenants(asked)) return sql`tenant = ${bound('String', reader.tenant)}`;
  const filter = tenantFilter(asked);
  if (!reader.operator) {
    const field = filter === undefined ? 'by' : 'tenant';
    throw new ForbiddenQuestion(
      field,
      'the dimension tenant needs a key with the scope operator; other keys see their own tenant only',
    );
  }
  return filter === undefined ? sql`true` : sql`tenant IN ${bound('Array(String)', filter.values)}`;
}
