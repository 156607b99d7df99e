/**
 * How a budget stands: spent, remaining, share, forecast, burn rates, state, and since when; for each of its keys,
 * those that spent most first. Invariant: rows + other = totals in what was spent.
 */
import { z } from 'zod';
import type { AlertEvent } from '../alerts/alert-event.ts';
import { readOpenAlerts } from '../alerts/open-alerts.ts';
import { COUNT_SCHEMA, MONEY_SCHEMA, showCount } from '../figures.ts';
import { readSettledThrough } from '../provisional.ts';
import { formatInstant, type InstantNs } from '../range.ts';
import { openTenantScope, type Reader, type Store } from '../tenant-scope.ts';
import type { Budget } from './definition.ts';
import { judgeSpending, spentUsd } from './judge.ts';
import { momentOf } from './moment.ts';
import { NOTHING_SPENT, readSpending, type Spending } from './spending.ts';

const BURN = z.object({
  fast: z.string(),
  slow: z.string(),
  factor: z.string(),
  fast_rate: z.string().describe('How many times amount / window is spent in the fast window.'),
  slow_rate: z.string(),
  burning: z.boolean(),
});

const STANDING = {
  calls: COUNT_SCHEMA,
  unpriced_calls: COUNT_SCHEMA.describe('Calls that have no cost, and are not part of it.'),
  spent_usd: MONEY_SCHEMA,
  remaining_usd: MONEY_SCHEMA.describe('amount - spent; negative once it is exceeded.'),
  share: z.string().nullable().describe('spent / amount, 18 places half-even.'),
  forecast_usd: MONEY_SCHEMA.describe(
    'Linear: spent x length of the period / what of it is over. Null before 1/20 of the period is over, and for rolling windows.',
  ),
  burn: z.array(BURN),
  state: z
    .enum(['ok', 'unknown', 'warning', 'burning', 'exceeded'])
    .describe('The gravest that holds; unknown while no call has a price.'),
  since: z
    .string()
    .nullable()
    .describe(
      'Since when it is in that state, as the alerts have it; null: no alert of it is open.',
    ),
};
const ROW = z.object({ key: z.string().nullable(), ...STANDING });
type Row = z.output<typeof ROW>;

/** An answer as a Zod schema, for documentation. */
export const BUDGET_STATUS_ANSWER = z.object({
  budget_id: z.string(),
  at: z
    .string()
    .nullable()
    .describe('Everything before counts. Null: the basis is settled, and nothing ever was.'),
  period_from: z.string().nullable(),
  period_to: z.string().nullable().describe('Null for a rolling window, which ends at `at`.'),
  rows: z
    .array(ROW)
    .describe('Each key with its own amount; one row with the key null for a budget without each.'),
  totals: z
    .object({ calls: COUNT_SCHEMA, unpriced_calls: COUNT_SCHEMA, spent_usd: MONEY_SCHEMA })
    .describe('Of every call that the filters find, those without a key included.'),
  other: z
    .object({ calls: COUNT_SCHEMA, unpriced_calls: COUNT_SCHEMA, spent_usd: MONEY_SCHEMA })
    .describe('What the rows do not show.'),
});
export type BudgetStatusAnswer = z.output<typeof BUDGET_STATUS_ANSWER>;

/** Throws ExpiredQuestion, and what the store throws. */
export async function answerBudgetStatus(
  store: Store,
  reader: Reader,
  asked: { readonly budget: Budget; readonly nowNs: InstantNs; readonly limit: number },
): Promise<BudgetStatusAnswer> {
  const { budget, nowNs, limit } = asked;
  const scope = openTenantScope(
    store,
    { ...reader, tenant: budget.tenant },
    { by: [], filters: [] },
  );
  const moment = momentOf(budget, nowNs, await readSettledThrough(scope, nowNs));
  if (moment === null) return nothingKnown(budget);
  const spending = await readSpending({ scope, budget, moment, nowNs, limit, topKeys: null });
  const open = await readOpenAlerts(scope, budget.id);
  const total = spending.find(({ isTotal }) => isTotal) ?? NOTHING_SPENT;
  const keys = spending.filter(({ isTotal }) => !isTotal).slice(0, limit);
  const { fromNs, toNs } = moment.period;
  return {
    budget_id: budget.id,
    at: formatInstant(moment.atNs),
    period_from: formatInstant(fromNs),
    period_to: toNs === null ? null : formatInstant(toNs),
    rows: keys.map((one) => {
      const { alerting: _, ...judged } = judgeSpending(moment, one);
      const key = budget.each === null ? null : one.key;
      const row = { key, ...counts(one), ...judged, burn: [...judged.burn] };
      return { ...row, since: sinceOf(row, open) };
    }),
    totals: sums(total),
    other: sums(keys.reduce(subtract, total)),
  };
}

const counts = ({ calls, unpricedCalls }: Spending) => ({
  calls: showCount(calls),
  unpriced_calls: showCount(unpricedCalls),
});

const sums = (spending: Spending) => ({ ...counts(spending), spent_usd: spentUsd(spending) });

const subtract = (rest: Spending, { calls, unpricedCalls, spentAtto }: Spending): Spending => ({
  ...rest,
  calls: rest.calls - calls,
  unpricedCalls: rest.unpricedCalls - unpricedCalls,
  spentAtto: rest.spentAtto - spentAtto,
});

function sinceOf({ key, state }: Pick<Row, 'key' | 'state'>, open: readonly AlertEvent[]) {
  return open.find((alert) => alert.key === key && alert.state === state)?.at ?? null;
}

function nothingKnown({ id }: Budget): BudgetStatusAnswer {
  const none = { ...counts(NOTHING_SPENT), spent_usd: null };
  const instants = { at: null, period_from: null, period_to: null };
  return { budget_id: id, ...instants, rows: [], totals: none, other: none };
}
