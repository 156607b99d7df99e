/** What collectors tell of themselves, for who has no Prometheus: the part of *Collector* from `collector_health`. */
import { lines } from '../panels/kinds.ts';
import type { PlacedLater } from '../panels/panel.ts';
import { COUNT, number, wideBars } from '../panels/sizes.ts';
import { quotient } from '../sql/figures.ts';
import { byName, countedBetween, HEALTH_ROWS, NEWEST_HEALTH, named } from '../sql/health-rows.ts';

const EMPTY =
  'No collector told of itself in this range: it does so each minute. Is it up (/readyz)?';
const QUIET = 'Nothing of it was counted in this range';
const HALF = { width: 12, height: 8 } as const;

const REQUESTS = countedBetween([
  named('accepted', 'arraySum(mapValues(t.otlp_requests_total))'),
  byName('t.otlp_requests_refused_total'),
]);
const SPANS = countedBetween([
  named('accepted', 't.spans_accepted_total'),
  named('sent again', 't.spans_duplicate_total'),
  byName('t.spans_refused_total'),
]);
const FAILED_BATCHES = "name IN ('retried', 'poison')";
const WRITES = countedBetween([
  byName('t.write_batches_total'),
  byName('t.store_errors_total', 'failed: '),
]);

const NUMBERS = [
  number({
    title: 'In the journal',
    description:
      'What the journals of all collectors hold that ClickHouse does not yet, and how old the oldest of it is, at the end of the range.',
    empty: EMPTY,
    unit: 'bytes',
    sql: `SELECT sum(t.journal_bytes) AS Bytes, max(t.journal_oldest_seconds) AS Oldest FROM ${NEWEST_HEALTH} AS t`,
    fields: { Oldest: { unit: 's' } },
  }),
  number({
    title: 'Segments set aside',
    description:
      'Journal segments that somebody must look at: those ClickHouse refuses (poison), and damaged ones. Nothing of them is lost; docs/runbook.md says what to do.',
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT if(count() = 0, NULL, sum(t.journal_segments['poison'])) AS Poison, if(count() = 0, NULL, sum(t.journal_segments['damaged'])) AS Damaged FROM ${NEWEST_HEALTH} AS t`,
    fields: { Poison: COUNT, Damaged: COUNT },
  }),
  number({
    title: 'Requests refused',
    description:
      'OTLP requests of the range that were refused whole, and their share of all. Their senders were told why, and most send them again.',
    empty: QUIET,
    unit: 'short',
    sql: `SELECT if(count() = 0, NULL, sumIf(amount, name != 'accepted')) AS Refused, ${quotient("sumIf(amount, name != 'accepted')", 'sum(amount)')} AS Share FROM ${REQUESTS}`,
    fields: { Refused: COUNT, Share: { unit: 'percentunit' } },
  }),
  number({
    title: 'Inserts that failed',
    description:
      'Batches of the range that were not written at the first attempt or were set aside, and how long no batch could be written at the end of the range (0: all is well).',
    empty: EMPTY,
    unit: 'short',
    sql: `
    SELECT if(count() = 0, NULL, (SELECT sumIf(amount, ${FAILED_BATCHES}) FROM ${WRITES})) AS Batches, max(t.write_failing_seconds) AS Failing
    FROM ${NEWEST_HEALTH} AS t`,
    fields: { Batches: COUNT, Failing: { unit: 's' } },
  }),
  number({
    title: 'Memory',
    description:
      'Resident memory of all collectors and of their embedded engines at the end of the range; a server tells its own elsewhere.',
    empty: EMPTY,
    unit: 'bytes',
    sql: `SELECT sum(t.process_resident_memory_bytes) AS Collector, sum(t.engine_resident_memory_bytes) AS Engine FROM ${NEWEST_HEALTH} AS t`,
  }),
  number({
    title: 'Last sign of life',
    description:
      'How long ago a collector last told of itself, whatever range is chosen: it does so each minute. More than two: it is down, or ClickHouse was away from it.',
    empty: 'No collector ever told of itself here: it does so each minute',
    unit: 's',
    sql: "SELECT if(count() = 0, NULL, greatest(dateDiff('second', max(t.time), now64(3, 'UTC')), 0)) AS Ago FROM collector_health AS t",
  }),
];

const overTime = (values: string): string => `
  SELECT $__timeInterval(t.time) AS time, ${values}
  FROM ${HEALTH_ROWS}
  GROUP BY time
  ORDER BY time`;

/** Codes, reasons and outcomes are few: each is a series. */
const seriesOf = (counted: string, condition = 'true'): string => `
  SELECT $__timeInterval(at) AS time, name AS series, sum(amount) AS Value
  FROM ${counted}
  WHERE ${condition}
  GROUP BY time, series
  ORDER BY time, series`;

const JOURNAL = lines({
  title: 'Journal',
  description:
    'What each collector holds that ClickHouse does not yet. It grows while ClickHouse is away or slow. A gap tells that the collector was down.',
  empty: EMPTY,
  unit: 'bytes',
  sql: `
  SELECT $__timeInterval(t.time) AS time, toString(t.host_name) AS collector, max(t.journal_bytes) AS Value
  FROM ${HEALTH_ROWS}
  GROUP BY time, collector
  ORDER BY time, collector`,
  ...HALF,
});

const WAITING = lines({
  title: 'How long rows wait',
  description:
    'Of all collectors the worst: the age of the oldest row that is not written, how long no batch could be written at all, and how late the last batch was written.',
  empty: EMPTY,
  unit: 's',
  sql: overTime(
    'max(t.journal_oldest_seconds) AS oldest, max(t.write_failing_seconds) AS failing, max(t.write_lag_seconds) AS `last batch`',
  ),
  ...HALF,
});

const MEMORY = lines({
  title: 'Memory over time',
  description:
    'Resident memory and used heap of the largest collector, what it holds of requests, and the resident memory of its embedded engine.',
  empty: EMPTY,
  unit: 'bytes',
  sql: overTime(
    'max(t.process_resident_memory_bytes) AS collector, max(t.nodejs_heap_size_used_bytes) AS heap, max(t.otlp_held_bytes) AS requests, max(t.engine_resident_memory_bytes) AS engine',
  ),
  ...HALF,
});

const TAKEN_REQUESTS = wideBars({
  title: 'Requests accepted and refused',
  description:
    'OTLP requests of every tenant: accepted, and refused whole by the code of the problem (docs/reference/problems.md).',
  empty: QUIET,
  unit: 'short',
  sql: seriesOf(REQUESTS),
});

const TAKEN_SPANS = wideBars({
  title: 'Spans accepted and refused',
  description:
    'Spans of every tenant: accepted, sent again (the same bytes were there), and refused one by one by reason. Their senders were told as partial success.',
  empty: QUIET,
  unit: 'short',
  sql: seriesOf(SPANS),
});

const WRITTEN = lines({
  title: 'Retries, repairs and failed calls',
  description:
    'Batches that were tried again, repaired or set aside (poison), and calls to ClickHouse that failed. Single ones mend themselves.',
  empty: 'No batch was tried again and no call to ClickHouse failed in this range',
  unit: 'short',
  sql: seriesOf(WRITES, "name != 'written'"),
  ...HALF,
});

export const COLLECTOR_HEALTH: readonly PlacedLater[] = [
  ...NUMBERS,
  JOURNAL,
  WAITING,
  TAKEN_REQUESTS,
  TAKEN_SPANS,
  WRITTEN,
  MEMORY,
];
