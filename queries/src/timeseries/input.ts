/** What can be asked of a time series, and how the URL spells it. */
import { z } from 'zod';
import {
  estimateIntervals,
  INTERVALS,
  type Interval,
  intervalStarts,
  openZone,
  type Zone,
} from '../calendar.ts';
import type { Dimension, Filter } from '../dimensions.ts';
import { InputProblem } from '../input-problem.ts';
import {
  bySchema,
  rangeShape,
  readParameters,
  readRange,
  wholeNumberSchema,
} from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';

const SERIES_PRESET = 10;
const SERIES_MAX = 1000;
/** A year of hours, or a week of minutes; the statement carries each start, 11 bytes apiece. */
const INTERVALS_MAX = 11_000;
const ROWS_MAX = 20_000;

export interface TimeseriesInput {
  readonly range: Range;
  readonly interval: Interval;
  readonly zone: string;
  /** Starts of the intervals in seconds; the first may lie before the range. */
  readonly starts: readonly bigint[];
  readonly by: readonly Dimension[];
  readonly filters: readonly Filter[];
  /** Series at most, those that cost most over the range; the rest is summed in `other`. */
  readonly limit: number;
  /** When it was asked. */
  readonly nowNs: InstantNs;
}

/** The parameters of `GET /api/v1/costs/timeseries`, without the filters by dimension. */
export function timeseriesParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    interval: z
      .enum(INTERVALS, { error: `one of ${INTERVALS.join(', ')} (M is a month, m a minute)` })
      .default('1h')
      .describe('Length of an interval on the clock of `tz`; weeks begin on Monday.'),
    tz: z
      .string()
      .default('UTC')
      .transform((text, context): Zone => {
        try {
          return openZone(text);
        } catch {
          const message = 'an IANA time zone such as Europe/Berlin or UTC';
          context.addIssue({ code: 'custom', message });
          return z.NEVER;
        }
      })
      .describe('IANA time zone of the intervals.'),
    by: bySchema(''),
    limit: wholeNumberSchema(SERIES_PRESET, 1, SERIES_MAX),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readTimeseriesInput(
  parameters: URLSearchParams,
  nowNs: InstantNs,
): TimeseriesInput {
  const { values, filters } = readParameters(timeseriesParameters(nowNs), parameters);
  const range = readRange(values, parameters);
  const { interval, by, limit, tz } = values;
  refuseBeyond(estimateIntervals(range, interval), INTERVALS_MAX, interval, 'intervals');
  const starts = intervalStarts(range, interval, tz);
  const series = by.length === 0 ? 1 : limit + 1;
  refuseBeyond(starts.length * series, ROWS_MAX, interval, 'rows (intervals × (limit + 1))');
  return { range, interval, zone: tz.name, starts, by, filters, limit, nowNs };
}

function refuseBeyond(count: number, max: number, interval: Interval, what: string): void {
  if (count <= max) return;
  const expected = `a longer interval, a shorter range or a smaller limit: at most ${max} ${what}, this makes ${count}`;
  throw new InputProblem([{ field: 'interval', value: interval, expected }]);
}
