/** What never came into the ledger, as far as somebody counted it: SDKs on their spans, collectors in their health. */
import { COUNT, halfTable } from '../panels/sizes.ts';
import { byName, countedBetween, named } from '../sql/health-rows.ts';
import { SPAN_ROWS } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';

const dropped = (what: string): string => `sum(toInt64(t.dropped_${what}_count))`;

export const LEFT_OUT_BY_SENDERS = halfTable({
  title: 'Left out by senders',
  description:
    "Attributes, events and links that the senders' SDKs dropped because of their own limits (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT and its like), and on how many spans. A dropped attribute may be the usage or the user of a call.",
  empty: 'No span of this range says that its SDK left anything out',
  unit: 'short',
  sql: `
  SELECT ${shown('t.service')} AS Service, ${dropped('attributes')} AS Attributes, ${dropped('events')} AS Events, ${dropped('links')} AS Links, count() AS Spans
  FROM ${SPAN_ROWS} AND (t.dropped_attributes_count > 0 OR t.dropped_events_count > 0 OR t.dropped_links_count > 0)
  GROUP BY Service
  ORDER BY Spans DESC, Service
  LIMIT 100`,
  fields: { Attributes: COUNT, Events: COUNT, Links: COUNT, Spans: COUNT },
});

/** What and why, with a bar between. */
const COUNTERS = [
  byName('t.otlp_requests_refused_total', 'requests refused|'),
  byName('t.spans_refused_total', 'spans refused|'),
  named('spans dropped|sent_again', 't.spans_duplicate_total'),
  byName('t.log_records_total', 'log records dropped|'),
  byName('t.metric_points_total', 'metric points dropped|'),
  byName('t.control_totals_total', 'control totals lost|'),
  byName('t.connections_refused_total', 'connections closed|'),
];
/** Outcomes of those that were taken. */
const TAKEN = "('accepted', 'kept', 'stored')";

export const DROPPED_BY_COLLECTORS = halfTable({
  title: 'Refused or dropped by the collectors',
  description:
    'Of every tenant, whatever is chosen above: what was counted and not kept, and why. Refused requests and spans were told to their senders; what was sent again had come before, and a log record that tells of no LLM call (other) is nothing to us.',
  empty: 'Nothing was refused or dropped in this range',
  unit: 'short',
  sql: `
  SELECT splitByChar('|', name)[1] AS What, splitByChar('|', name)[2] AS Why, sum(amount) AS Amount, max(at) AS Newest
  FROM ${countedBetween(COUNTERS)}
  WHERE splitByChar('|', name)[2] NOT IN ${TAKEN}
  GROUP BY What, Why
  ORDER BY Amount DESC, What, Why
  LIMIT 100`,
  fields: { Amount: COUNT },
});
