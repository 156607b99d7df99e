/** Windows of time in SQL: from whole seconds on, half-open, as the API has them. */

export interface Window {
  /** Expressions of type DateTime. */
  readonly from: string;
  readonly to: string;
}

/** What the reader has chosen. */
export const CHOSEN: Window = { from: '$__fromTime', to: '$__toTime' };

/** Just as long, right before it. */
export const BEFORE: Window = {
  from: "($__fromTime - dateDiff('second', $__fromTime, $__toTime))",
  to: '$__fromTime',
};

/** Seconds of the chosen window. */
export const CHOSEN_SECONDS = "dateDiff('second', $__fromTime, $__toTime)";

/** The calendar month that runs, in UTC. */
export const THIS_MONTH: Window = {
  from: "toStartOfMonth(now('UTC'))::DateTime('UTC')",
  to: "now('UTC')",
};

/** Seconds of the calendar month that runs, and how many of them are over. */
export const MONTH_SECONDS =
  "dateDiff('second', toStartOfMonth(now('UTC'))::DateTime('UTC'), (toStartOfMonth(now('UTC')) + INTERVAL 1 MONTH)::DateTime('UTC'))";

export const MONTH_SECONDS_LEFT =
  "dateDiff('second', now('UTC'), (toStartOfMonth(now('UTC')) + INTERVAL 1 MONTH)::DateTime('UTC'))";

/** The last seven days. */
export const LAST_WEEK: Window = { from: "(now('UTC') - 604800)", to: "now('UTC')" };

/** ` AND …` for entries or spans of a window. */
export function startedWithin({ from, to }: Window): string {
  return `t.start_time >= ${from} AND t.start_time < ${to}`;
}
