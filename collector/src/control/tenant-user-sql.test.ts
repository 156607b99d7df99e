import { describe, expect, test } from 'vitest';
import {
  createTenantUserSql,
  dropTenantUserSql,
  expireTenantUserSql,
  type UserPlace,
} from './tenant-user-sql.ts';

const place: UserPlace = { database: 'aicost', cluster: null };
const sha256 = 'ab'.repeat(32);
const made = (at: UserPlace = place, tenant = 'acme') =>
  createTenantUserSql(at, { keyId: 'k1', tenant, sha256 });

describe('a ClickHouse user of a tenant', () => {
  test('reads only, has limits it cannot change, and the hash of the key for its password', () => {
    const [user, quota] = made();
    expect(user).toMatch(
      /^CREATE USER OR REPLACE `aicost_k1` IDENTIFIED WITH sha256_hash BY '(ab){32}' /,
    );
    for (const setting of [
      'readonly = 1 CONST',
      'max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY',
      'max_memory_usage = 2000000000 CONST',
      'max_rows_to_read = 1000000000 CONST',
      'max_memory_usage_for_user = 4000000000 CONST',
      'max_concurrent_queries_for_user = 50 CONST',
      'max_threads = 2 CONST',
    ]) {
      expect(user).toContain(setting);
    }
    expect(quota).toMatch(
      /^CREATE QUOTA OR REPLACE `aicost_k1` FOR INTERVAL 1 hour MAX .* TO `aicost_k1`$/,
    );
  });

  test('may select from the six tables and do nothing else, once the policies stand', () => {
    const statements = made();
    const first = statements.findIndex((sql) => sql.startsWith('GRANT'));
    const tables = ['spans', 'ledger', 'cost_hourly', 'cost_daily', 'traces', 'prices'];
    expect(statements.slice(first)).toEqual(
      tables.map((table) => `GRANT SELECT ON \`aicost\`.\`${table}\` TO \`aicost_k1\``),
    );
    expect(statements.slice(0, first).join()).not.toContain('GRANT ');
  });

  test.for(['spans', 'ledger', 'cost_hourly', 'cost_daily', 'traces'])(
    'sees of %s the rows of its tenant, whoever opens the table to everybody',
    (table) => {
      const policies = made().filter((sql) =>
        sql.includes(`ON \`aicost\`.\`${table}\` FOR SELECT`),
      );
      expect(policies).toEqual([
        `CREATE ROW POLICY IF NOT EXISTS aicost_collector ON \`aicost\`.\`${table}\` FOR SELECT USING 1 TO CURRENT_USER`,
        `CREATE ROW POLICY OR REPLACE \`aicost_k1\` ON \`aicost\`.\`${table}\` FOR SELECT USING tenant = 'acme' TO \`aicost_k1\``,
        `CREATE ROW POLICY OR REPLACE \`aicost_k1_only\` ON \`aicost\`.\`${table}\` FOR SELECT USING tenant = 'acme' AS RESTRICTIVE TO \`aicost_k1\``,
      ]);
    },
  );

  test('goes before what limits it', () => {
    const [first, ...rest] = dropTenantUserSql(place, 'k1');
    expect(first).toBe('DROP USER IF EXISTS `aicost_k1`');
    expect(rest).toHaveLength(1 + 5 * 2);
    expect(
      rest.every((sql) => /^DROP (QUOTA|ROW POLICY) IF EXISTS `aicost_k1(_only)?`/.test(sql)),
    ).toBe(true);
  });

  test('leaves nothing that dropping does not take away, but for the policy of the collector', () => {
    const names = (statements: readonly string[], pattern: RegExp) =>
      statements.flatMap((sql) => pattern.exec(sql)?.slice(1).join(' ') ?? []).sort();
    const kinds = '(USER|QUOTA|ROW POLICY)';
    const what = '`([a-z0-9_]+)`(?: ON `aicost`.`([a-z_]+)`)?';
    expect(
      names(dropTenantUserSql(place, 'k1'), new RegExp(`^DROP ${kinds} IF EXISTS ${what}`)),
    ).toEqual(names(made(), new RegExp(`^CREATE ${kinds} OR REPLACE ${what}`)));
  });

  test('expires in UTC', () => {
    expect(expireTenantUserSql(place, 'k1', new Date('2026-01-02T03:04:05.678Z'))).toBe(
      "ALTER USER IF EXISTS `aicost_k1` VALID UNTIL '2026-01-02 03:04:05 UTC'",
    );
  });

  test('is on every server of a cluster, and so is its end', () => {
    const cluster: UserPlace = { database: 'aicost', cluster: 'main' };
    const statements = [
      ...made(cluster),
      expireTenantUserSql(cluster, 'k1', new Date()),
      ...dropTenantUserSql(cluster, 'k1'),
    ];
    expect(statements.filter((sql) => !sql.includes(' ON CLUSTER `main`'))).toEqual([]);
  });

  test('is quoted, whatever the names are', () => {
    const statements = made({ database: 'a`b', cluster: 'c`d' }, "x' OR 1 --").join('\n');
    expect(statements).toContain("tenant = 'x\\' OR 1 --'");
    expect(statements).toContain('`a\\`b`.`spans`');
    expect(statements).toContain('`c\\`d`');
  });
});
