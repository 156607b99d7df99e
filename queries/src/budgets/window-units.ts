/** Units of calendar windows, how long a window nominally is, and the burn rule that suits it. */

export const CALENDAR_UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type CalendarUnit = (typeof CALENDAR_UNITS)[number];

export type BudgetWindow =
  | { readonly kind: 'calendar'; readonly unit: CalendarUnit; readonly time_zone: string }
  | { readonly kind: 'rolling'; readonly days: number };

const DAY_SECONDS = 86_400;

/** The shortest that each unit is: a day on which clocks go forward has 23 hours, or fewer. */
const SHORTEST_DAYS = {
  day: 1,
  week: 7,
  month: 28,
  quarter: 90,
  year: 365,
} as const satisfies Record<CalendarUnit, number>;
const CLOCK_CHANGE_SECONDS = 2 * 3600;

/** What a burn window must be shorter than. */
export function nominalSeconds(window: BudgetWindow): number {
  if (window.kind === 'rolling') return window.days * DAY_SECONDS;
  return SHORTEST_DAYS[window.unit] * DAY_SECONDS - CLOCK_CHANGE_SECONDS;
}

/** Share of the amount that the slow window takes before it fires: 33 %, 29 %, 5 %, 7 %, 5 %. */
const PRESETS = {
  day: { fast: '15m', slow: '2h', factor: '4' },
  week: { fast: '1h', slow: '12h', factor: '4' },
  month: { fast: '1h', slow: '6h', factor: '6' },
  quarter: { fast: '6h', slow: '1d', factor: '6' },
  year: { fast: '6h', slow: '3d', factor: '6' },
} as const;

/** The rule of a budget that names none. A rolling window takes that of the unit it is nearest to. */
export function presetBurnRules(window: BudgetWindow) {
  return [{ ...PRESETS[window.kind === 'calendar' ? window.unit : unitOfDays(window.days)] }];
}

function unitOfDays(days: number): CalendarUnit {
  if (days < 4) return 'day';
  if (days < 18) return 'week';
  if (days < 60) return 'month';
  return days < 225 ? 'quarter' : 'year';
}
