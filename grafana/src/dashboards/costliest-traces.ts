/** The costliest traces of the range, each with the way to it. */
import { table } from '../panels/kinds.ts';
import type { PlacedLater } from '../panels/panel.ts';
import { SPENT } from '../sql/figures.ts';
import { chosen } from '../sql/text-value.ts';
import { CHOSEN, startedWithin } from '../sql/window.ts';
import { EMPTY, USD } from './empty.ts';
import { fieldValue, linkTo, WHERE_NAMES } from './variables.ts';

/** A table of traces by what they cost; `entries` is `ledger AS t WHERE …`, which of them count. */
export function costliestTraces(title: string, description: string, entries: string): PlacedLater {
  return table({
    title,
    description,
    empty: EMPTY,
    unit: 'short',
    sql: `
    SELECT t.trace_id AS Trace, toString(t.tenant) AS Tenant, min(t.start_time) AS Start, ${SPENT} AS Cost, sum(t.calls) AS Calls, sum(t.unpriced_calls) AS Unpriced,
      arrayStringConcat(arraySort(groupUniqArray(10)(toString(t.model))), ', ') AS Models, toString(any(t.service)) AS Service, toString(any(t.feature)) AS Feature
    FROM ${entries}
    GROUP BY Tenant, Trace
    HAVING Calls != 0
    ORDER BY Cost DESC NULLS LAST, Trace
    LIMIT 100`,
    width: 24,
    height: 10,
    fields: {
      Cost: { unit: USD },
      Calls: { decimals: 0 },
      Unpriced: { decimals: 0 },
      Trace: { link: { title: 'Open the trace', url: TO_TRACE } },
    },
  });
}

/** From a row with the fields `Trace` and `Tenant`: an id is one of its tenant's alone. */
export const TO_TRACE = linkTo(
  'aicost-trace',
  { trace_id: fieldValue('Trace'), tenant: fieldValue('Tenant') },
  WHERE_NAMES,
);

export const COSTLIEST_TRACES = costliestTraces(
  'Costliest traces of the range',
  'The hundred costliest requests. An id leads to all of its spans and charges.',
  `ledger AS t WHERE ${startedWithin(CHOSEN)} AND ${chosen('t.tenant', 'tenant')}`,
);
