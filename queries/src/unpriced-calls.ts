/** Which calls have no cost now: a call may be priced, or lose its price, by an entry that counts no call itself. */
import { type Sql, sql } from './sql.ts';
import type { TenantScope } from './tenant-scope.ts';

/** `SELECT <trace key>, span_id …` of the unpriced calls of `entries`, the `FROM … WHERE …` of ledger entries. */
export function unpricedCallsSql(scope: TenantScope, entries: Sql): Sql {
  return sql`SELECT ${scope.traceKey}, span_id ${entries} AND unpriced_calls != 0
    GROUP BY ${scope.traceKey}, span_id HAVING sum(unpriced_calls) > 0`;
}
