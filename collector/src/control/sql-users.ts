// ClickHouse users that go with keys (`keys create --sql`), where there can be such: on a server.
// Invariant: a key whose user could not be made is not made, and one whose user could not be removed stays.
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { Problem } from '../problems.ts';
import {
  createTenantUserSql,
  dropTenantUserSql,
  expireTenantUserSql,
  type TenantUser,
  type UserPlace,
} from './tenant-user-sql.ts';

/** Every function throws a Problem where it cannot do its work. */
export interface SqlUsers {
  create(user: TenantUser): Promise<void>;
  expire(keyId: string, at: Date): Promise<void>;
  drop(keyId: string): Promise<void>;
}

/** ClickHouse codes of a user who may not manage users: no privilege, and storage that cannot be written. */
const MAY_NOT_MANAGE_USERS = [495, 497, 514];

/** Of a store: on a server there are such users, in an embedded engine there are none. */
export function sqlUsersOf(store: Pick<Store, 'command' | 'kind'>, place: UserPlace): SqlUsers {
  if (store.kind === 'embedded') return EMBEDDED_SQL_USERS;
  const users = serverSqlUsers(store, place);
  return place.cluster === null ? users : { ...users, create: refusedOnCluster };
}

/** Users on a server. The collector's own user needs `access_management`. */
function serverSqlUsers(store: Pick<Store, 'command'>, place: UserPlace): SqlUsers {
  const run = async (statements: readonly string[]): Promise<void> => {
    try {
      for (const statement of statements) await store.command(statement);
    } catch (error) {
      if (!(error instanceof StoreError && MAY_NOT_MANAGE_USERS.includes(error.code ?? 0)))
        throw error;
      throw new Problem(
        'sql_users_unavailable',
        `The collector's ClickHouse user may not manage users (code ${error.code}). Give it access_management = 1, or GRANT ACCESS MANAGEMENT ON *.* and SELECT WITH GRANT OPTION on its database, and try again.`,
        { cause: error },
      );
    }
  };
  return {
    create: (user) => run(createTenantUserSql(place, user)),
    expire: (keyId, at) => run([expireTenantUserSql(place, keyId, at)]),
    drop: (keyId) => run(dropTenantUserSql(place, keyId)),
  };
}

/** That row policies hold on every shard was never seen: a user who sees another tenant is worse than none. */
const refusedOnCluster = () =>
  Promise.reject(
    new Problem(
      'sql_users_unavailable',
      'On a cluster no users of tenants are made: that their row policies hold on every shard has not been shown. Let the tenant ask the API.',
    ),
  );

/** The embedded engine has no users: none can be made, and none is there that would have to be removed. */
const EMBEDDED_SQL_USERS: SqlUsers = {
  create: () =>
    Promise.reject(
      new Problem(
        'sql_users_unavailable',
        'The embedded engine has no users, so that SQL of a tenant cannot be kept to its rows. Start the collector on a ClickHouse server (--clickhouse-url), or let the tenant ask the API; an operator key reads by SQL on the address of --sql.',
      ),
    ),
  expire: () => Promise.resolve(),
  drop: () => Promise.resolve(),
};

const stopped = () =>
  Promise.reject(
    new Problem(
      'sql_users_unavailable',
      'The key has, or is to have, a ClickHouse user, and no collector runs that could reach ClickHouse. Start it, and try again.',
    ),
  );

/** Beside a collector that is stopped ClickHouse is not at hand. */
export const STOPPED_SQL_USERS: SqlUsers = { create: stopped, expire: stopped, drop: stopped };
