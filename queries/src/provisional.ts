/**
 * How far the figures of an answer are final. Settle may still correct the calls of every trace of which a span
 * was received after `settled_through`; what those calls come to now is the provisional part of the figures.
 * Invariant: only a mark that was set before the question counts, and what its pass
 * corrected was stored before that; so no figure is called final that the answer shows as it was before.
 */
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import { costRows, coverFor, dimensionsOf } from './cost-rows.ts';
import {
  type Dimension,
  type Filter,
  filterSql,
  ledgerSourceFor,
  rollupFor,
} from './dimensions.ts';
import { COUNT_SCHEMA, type Count, costIsUnknown, MONEY_SCHEMA, showCount } from './figures.ts';
import { inRangeSql, instantSql } from './instant-sql.ts';
import { formatInstant, type InstantNs, type Range } from './range.ts';
import { type Sql, sql } from './sql.ts';
import type { TenantScope } from './tenant-scope.ts';

/** What every answer about costs carries. */
export interface Provisional {
  /** Every span received up to then is settled; null: nothing was ever settled. */
  readonly settled_through: string | null;
  /** Calls within what was asked that settle may still correct. */
  readonly provisional: {
    readonly calls: Count;
    readonly unpriced_calls: Count;
    readonly cost_usd: string | null;
  };
}

/** Its members as a Zod shape, for documentation. */
export const PROVISIONAL_SHAPE = {
  settled_through: z
    .string()
    .nullable()
    .describe('Every span received up to then is settled: RFC 3339. Null: nothing ever was.'),
  provisional: z
    .object({ calls: COUNT_SCHEMA, unpriced_calls: COUNT_SCHEMA, cost_usd: MONEY_SCHEMA })
    .describe(
      'Of what was asked, the calls of traces received after `settled_through`: they are part of the figures, and settle may still correct them.',
    ),
};

/** What was asked, as far as it selects calls. `by` matters where a rollup shows values otherwise. */
interface Asked {
  readonly range: Range;
  readonly by: readonly Dimension[];
  readonly filters: readonly Filter[];
  /** ` AND …` for what selects entries besides; no rollup can tell it. */
  readonly condition?: Sql;
  readonly nowNs: InstantNs;
}

type StoredRow = Readonly<Record<'through_ns' | 'calls' | 'unpriced_calls' | 'cost_usd', string>>;

/** Reads how far settle has come, and what is still open within what was asked. */
export async function readProvisional(scope: TenantScope, asked: Asked): Promise<Provisional> {
  const [marked] = await scope.query<StoredRow>(sinceMark(scope, asked));
  const throughNs = BigInt(marked?.through_ns ?? 0);
  const [row] = throughNs > 0n ? [marked] : await scope.query<StoredRow>(everything(scope, asked));
  const sums = {
    calls: BigInt(row?.calls ?? 0),
    unpriced_calls: BigInt(row?.unpriced_calls ?? 0),
    cost_usd: parseUsd(row?.cost_usd ?? '0'),
  };
  return {
    settled_through: throughNs > 0n ? formatInstant(throughNs) : null,
    provisional: {
      calls: showCount(sums.calls),
      unpriced_calls: showCount(sums.unpriced_calls),
      cost_usd: costIsUnknown(sums) ? null : formatUsd(sums.cost_usd),
    },
  };
}

const SHOWN = sql`toString(sum(sum_calls)) AS calls, toString(sum(sum_unpriced_calls)) AS unpriced_calls,
  toString(sum(sum_cost_usd)) AS cost_usd`;
const SUMS = sql`sum(calls) AS sum_calls, sum(unpriced_calls) AS sum_unpriced_calls, sum(coalesce(cost_usd, 0)) AS sum_cost_usd`;

/** Before settle has ever passed. */
function everything(scope: TenantScope, asked: Asked): Sql {
  const { range, by, filters } = asked;
  const isInRollup = rollupFor(dimensionsOf(by, filters)) !== null && asked.condition === undefined;
  const coverage = coverFor(range, dimensionsOf([], filters), []);
  const rows = isInRollup
    ? costRows(scope, { by: [], filters, coverage, bucketed: false, sums: SUMS })
    : entriesOf(scope, asked);
  return sql`SELECT '0' AS through_ns, ${SHOWN} FROM (${rows})`;
}

function entriesOf(scope: TenantScope, { range, by, filters, condition }: Asked): Sql {
  const source = ledgerSourceFor(dimensionsOf(by, filters));
  return sql`SELECT ${SUMS} ${scope.from('ledger')}${inRangeSql(range)}${filterSql(filters, source)}${condition ?? sql``}`;
}

/** Entries of traces received later than the newest mark; none without one. One statement, as each takes a turn. */
function sinceMark(scope: TenantScope, asked: Asked): Sql {
  return sql`WITH (${markSql(scope, asked.nowNs)}) AS mark
    SELECT toString(toUnixTimestamp64Nano(assumeNotNull(mark))) AS through_ns, ${SHOWN}
    FROM (${entriesOf(scope, asked)}${openTracesSql(scope, sql`mark`)})`;
}

/** The newest mark that was set before `nowNs`; NULL without one. */
export const markSql = (scope: TenantScope, nowNs: InstantNs): Sql =>
  sql`SELECT max(through) ${scope.settleMarks} WHERE recorded_at <= ${instantSql(nowNs)}`;

/**
 * ` AND …` for the ledger's entries of traces received later than a mark; none for the mark 0. The ledger has the order
 * of starts, so it is read from the oldest start of those traces on. A trace has a row for each batch until they are
 * merged, and for each collector, and its beginning may stand in one that is older than the mark: a day is allowed for
 * it, because looking through the rows of all traces would take many times what the rest of this does.
 */
export function openTracesSql(scope: TenantScope, mark: Sql): Sql {
  const { traceKey } = scope;
  const open = sql`${scope.from('traces')} AND last_received_at > ${mark} AND ${mark} > toDateTime64(0, 3, 'UTC')`;
  const first = sql`if(count() = 0, toDateTime64('2100-01-01', 9, 'UTC'), min(traces.start_time) - INTERVAL 24 HOUR)`;
  return sql` AND start_time >= (SELECT ${first} ${open}) AND ${traceKey} IN (SELECT ${traceKey} ${open})`;
}

/** Up to when every received span is settled, as was noted before `nowNs`; null: nothing was ever settled. */
export async function readSettledThrough(
  scope: TenantScope,
  nowNs: InstantNs,
): Promise<InstantNs | null> {
  const [row] = await scope.query<{ through_ns: string }>(
    sql`SELECT toString(toUnixTimestamp64Nano(assumeNotNull((${markSql(scope, nowNs)})))) AS through_ns`,
  );
  const throughNs = BigInt(row?.through_ns ?? 0);
  return throughNs > 0n ? throughNs : null;
}
