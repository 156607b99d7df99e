/**
 * Rows of costs in a window, to be summed: whole hours from the rollup, the edges from the ledger, so that a sum is
 * that of the API to the last digit at any instant. By user whole days come from the rollup of days; by what no rollup
 * knows (session, tool, tags) everything comes from the ledger.
 */
import { chosenRows, isOneOf, LEDGER_CHOICES, type Source } from './dimension.ts';
import { before, CHOSEN, startedWithin, type Window } from './window.ts';

export interface CostQuestion {
  /** Columns besides `at`, the instant: SQL of a source, by alias. */
  readonly columns?: Readonly<Record<string, (source: Source) => string>>;
  /** Variables that name the dimensions which columns and rows go by; '' or an unknown name is one of the rollup. */
  readonly by?: readonly string[];
  /** Summable columns of the tables; money and tokens that are unknown add nothing. */
  readonly figures: readonly string[];
  readonly window?: Window;
  /** Whether rows are put into steps of the panel's interval, which may be shorter than an hour. */
  readonly isStepped?: boolean;
  /** ` AND …` for which rows are wanted; what is chosen in the dashboard's variables, when not given. */
  readonly rows?: (source: Source) => string;
}

/** A rollup, and when it is asked: a condition without columns, so that one that does not hold reads nothing. */
interface Rollup {
  readonly source: Source;
  readonly table: string;
  readonly time: string;
  readonly isAsked: string;
  /** The whole hours or days of the window. */
  readonly within: Window;
}

/** A subquery in parentheses with `at`, the columns and the figures. */
export function costRows(question: CostQuestion): string {
  const { window = CHOSEN, rows = chosenRows, figures } = question;
  const rollups = rollupsFor(question, window);
  const columns = (source: Source): string =>
    Object.entries(question.columns ?? {})
      .map(([alias, of]) => `${of(source)} AS ${alias}, `)
      .join('');
  const fromRollups = rollups.map(
    ({ source, table, time, isAsked, within }) => `
    SELECT ${columns(source)}toDateTime(t.${time}, 'UTC') AS at, ${figures.map((one) => `t.${one} AS ${one}`).join(', ')}
    FROM ${table} AS t
    WHERE t.${time} >= ${within.from} AND t.${time} < ${within.to}${isAsked === ALWAYS ? '' : ` AND ${isAsked}`}
    ${rows(source)}
    UNION ALL`,
  );
  return `(${fromRollups.join('')}
    SELECT ${columns('ledger')}toDateTime(t.start_time, 'UTC') AS at, ${figures.map((one) => `coalesce(t.${one}, 0) AS ${one}`).join(', ')}
    FROM ledger AS t
    WHERE ${startedWithin(window)} AND (${before('t.start_time', leftBy(rollups, window, 'from'))} OR t.start_time >= ${leftBy(rollups, window, 'to')})
    ${rows('ledger')}
  )`;
}

const [HOUR_SECONDS, DAY_SECONDS] = [3600, 86_400];
const ALWAYS = 'true';

function rollupsFor({ by = [], isStepped = false }: CostQuestion, window: Window): Rollup[] {
  const steps = (seconds: number) => (isStepped ? [`$__interval_s >= ${seconds}`] : []);
  const all = (conditions: readonly string[]) => conditions.join(' AND ') || ALWAYS;
  const whole = (start: string, seconds: number): Window => ({
    from: `${start}(${window.from} + ${seconds - 1}, 'UTC')`,
    to: `${start}(${window.to}, 'UTC')`,
  });
  const hours: Rollup = {
    source: 'rollup',
    table: 'cost_hourly',
    time: 'hour',
    isAsked: all([
      ...by.map((variable) => `NOT ${isOneOf(variable, ['user', ...LEDGER_CHOICES])}`),
      ...steps(HOUR_SECONDS),
    ]),
    within: whole('toStartOfHour', HOUR_SECONDS),
  };
  if (by.length === 0) return [hours];
  const isByUser = by.map((variable) => isOneOf(variable, ['user'])).join(' OR ');
  const days: Rollup = {
    source: 'daily',
    table: 'cost_daily',
    time: 'day',
    isAsked: all([
      `(${isByUser})`,
      ...by.map((variable) => `NOT ${isOneOf(variable, LEDGER_CHOICES)}`),
      ...steps(DAY_SECONDS),
    ]),
    within: whole('toStartOfDay', DAY_SECONDS),
  };
  return [hours, days];
}

/** An edge of what the rollup that is asked has; where none is, the ledger has the whole window. */
function leftBy(rollups: readonly Rollup[], window: Window, edge: keyof Window): string {
  return rollups.reduceRight(
    (otherwise, { isAsked, within }) =>
      isAsked === ALWAYS ? within[edge] : `if(${isAsked}, ${within[edge]}, ${otherwise})`,
    window.to,
  );
}
