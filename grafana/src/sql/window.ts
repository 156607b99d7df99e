/** Windows of time in SQL: from whole seconds on, half-open, as the API has them. */

export interface Window {
  /** Expressions of type DateTime. */
  readonly from: string;
  readonly to: string;
}

/**
 * What the reader has chosen. Ranges of whole days end a millisecond before the next: the second that has begun belongs
 * to them, or days would not add up to their month.
 */
export const CHOSEN: Window = {
  from: '$__fromTime',
  to: "toDateTime(intDiv(toUnixTimestamp64Milli($__toTime_ms) + 999, 1000), 'UTC')",
};

/** Seconds of the chosen window that are over: a day that runs has no pace for the hours to come. */
export const CHOSEN_SECONDS = `greatest(dateDiff('second', $__fromTime, least(${CHOSEN.to}, now('UTC'))), 1)`;

/** As long as what of the chosen window is over, right before it. */
export const BEFORE: Window = { from: `($__fromTime - ${CHOSEN_SECONDS})`, to: '$__fromTime' };

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

export const WEEK_SECONDS = 604_800;

/** The last seven days. */
export const LAST_WEEK: Window = { from: `(now('UTC') - ${WEEK_SECONDS})`, to: "now('UTC')" };

/**
 * That an instant lies before a whole second. Compared as DateTime64: for `start_time < <DateTime>` ClickHouse 26.7
 * prunes a part whose rows all lie in the second before, because its min-max index takes the whole second below as the
 * bound.
 */
export const before = (column: string, second: string): string =>
  `${column} < toDateTime64(${second}, 9, 'UTC')`;

/** That an instant lies in a window. */
export const within = (column: string, { from, to }: Window): string =>
  `${column} >= ${from} AND ${before(column, to)}`;

/** ` AND …` for entries or spans of a window. */
export const startedWithin = (window: Window): string => within('t.start_time', window);
