// The statements that make, limit and remove a ClickHouse user of one tenant: reading alone, the six tables alone, the
// tenant's rows alone. All of their text is made here.
// Invariants: names and values are quoted; every statement can be repeated; the user's password is the key, of which
// only the hash is sent, as it is stored.
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import { sqlUserName } from '../access.ts';

/** Tables that users may query, by whether their rows belong to a tenant. The price book belongs to nobody. */
const TENANT_TABLES = ['spans', 'ledger', 'cost_hourly', 'cost_daily', 'traces'] as const;
const COMMON_TABLES = ['prices'] as const;

/** What one statement may take, and what all of one hour may. `const` cannot be changed by its sender. */
const SETTINGS = [
  'readonly = 1 CONST',
  // Clients send it with every query (clickhouse-go, Grafana); 0 would be no limit.
  'max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY',
  'max_memory_usage = 2000000000 CONST',
  'max_rows_to_read = 1000000000 CONST',
  "read_overflow_mode = 'throw' CONST",
  'max_result_bytes = 1000000000 CONST',
  "result_overflow_mode = 'throw' CONST",
  // A dashboard asks for all of its panels at once, and two people for two of them; so it is memory and threads that
  // hold a user, and refusing what is asked comes last.
  'max_memory_usage_for_user = 4000000000 CONST',
  'max_concurrent_queries_for_user = 50 CONST',
  'max_threads = 2 CONST',
  // Ids and attributes of spans are computed columns: an asterisk shows them too.
  'asterisk_include_alias_columns = 1',
] as const;
const QUOTA = 'FOR INTERVAL 1 hour MAX queries = 10000, execution_time = 3600';

/** Where the users are. `cluster`: all of its servers get them. */
export interface UserPlace {
  readonly database: string;
  readonly cluster: string | null;
}

/** A user to make. `sha256`: of the key, 64 hex digits. */
export interface TenantUser {
  readonly keyId: string;
  readonly tenant: string;
  readonly sha256: string;
}

const onCluster = ({ cluster }: UserPlace): string =>
  cluster === null ? '' : ` ON CLUSTER ${quoteName(cluster)}`;

const tableOf = ({ database }: UserPlace, table: string): string =>
  `${quoteName(database)}.${quoteName(table)}`;

/**
 * Makes it: at first it may do nothing, then its policies stand, and the grants come last, so that there is no moment
 * in which it sees what it must not.
 */
export function createTenantUserSql(place: UserPlace, user: TenantUser): readonly string[] {
  const name = quoteName(sqlUserName(user.keyId));
  const at = onCluster(place);
  const password = `IDENTIFIED WITH sha256_hash BY ${quoteString(user.sha256)}`;
  return [
    `CREATE USER OR REPLACE ${name}${at} ${password} HOST ANY DEFAULT DATABASE ${quoteName(place.database)} GRANTEES NONE SETTINGS ${SETTINGS.join(', ')}`,
    `CREATE QUOTA OR REPLACE ${name}${at} ${QUOTA} TO ${name}`,
    ...TENANT_TABLES.flatMap((table) => policiesSql(place, user, table)),
    ...[...TENANT_TABLES, ...COMMON_TABLES].map(
      (table) => `GRANT${at} SELECT ON ${tableOf(place, table)} TO ${name}`,
    ),
  ];
}

/**
 * Once a table has a policy, a server may be set to show nothing of it to users without one, so whoever owns the ledger
 * gets one that shows all. Of the tenant's, the first lets its rows be seen and the second forbids all
 * others, also where somebody made a policy for everybody.
 */
function policiesSql(place: UserPlace, user: TenantUser, table: string): readonly string[] {
  const name = quoteName(sqlUserName(user.keyId));
  const only = quoteName(`${sqlUserName(user.keyId)}_only`);
  const at = onCluster(place);
  const on = `ON ${tableOf(place, table)}`;
  const own = `FOR SELECT USING tenant = ${quoteString(user.tenant)}`;
  return [
    `CREATE ROW POLICY IF NOT EXISTS aicost_collector${at} ${on} FOR SELECT USING 1 TO CURRENT_USER`,
    `CREATE ROW POLICY OR REPLACE ${name}${at} ${on} ${own} TO ${name}`,
    `CREATE ROW POLICY OR REPLACE ${only}${at} ${on} ${own} AS RESTRICTIVE TO ${name}`,
  ];
}

/** Lets a user expire at an instant, to the second below it. */
export function expireTenantUserSql(place: UserPlace, keyId: string, at: Date): string {
  const until = at.toISOString().slice(0, 19).replace('T', ' ');
  return `ALTER USER IF EXISTS ${quoteName(sqlUserName(keyId))}${onCluster(place)} VALID UNTIL ${quoteString(`${until} UTC`)}`;
}

/** Removes it. The user goes first: without its policies it would see more, not less. */
export function dropTenantUserSql(place: UserPlace, keyId: string): readonly string[] {
  const name = quoteName(sqlUserName(keyId));
  const only = quoteName(`${sqlUserName(keyId)}_only`);
  const at = onCluster(place);
  return [
    `DROP USER IF EXISTS ${name}${at}`,
    `DROP QUOTA IF EXISTS ${name}${at}`,
    ...TENANT_TABLES.flatMap((table) =>
      [name, only].map(
        (policy) => `DROP ROW POLICY IF EXISTS ${policy}${at} ON ${tableOf(place, table)}`,
      ),
    ),
  ];
}
