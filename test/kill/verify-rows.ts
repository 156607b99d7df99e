/** The table `spans`, row by row: each version of a span stored as often as it must be, as it was sent. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { readRows } from './read-rows.ts';
import type { SentSpan, SentSpans } from './sent-spans.ts';

export interface RowCheck {
  readonly store: Store;
  readonly book: SentSpans;
  /** Takes each difference. */
  readonly differ: (what: string) => void;
}

export function nameOf({ tenant, traceId, spanId, batch, forms }: SentSpan): string {
  return `span ${traceId}/${spanId} of ${tenant} (batch ${batch}, ${forms[0]?.name})`;
}

/** Counts the rows of `spans` against the book. Returns how many there are. */
export async function checkSpans({ store, book, differ }: RowCheck): Promise<number> {
  book.forgetStored();
  let rows = 0;
  const sql = `SELECT tenant, trace_id, span_id, toString(role), toUnixTimestamp64Nano(start_time), name,
                 session, writer_id, batch_seq FROM ${store.database}.spans`;
  for await (const row of readRows(store, sql)) {
    rows++;
    const [tenant, traceId, spanId, role, startNs, name, session, writer, seq] = row as string[];
    const where = `in batch ${seq} of writer ${writer}`;
    const span = book.findRow({
      tenant: tenant!,
      traceId: traceId!,
      spanId: spanId!,
      session: session!,
      startNs: startNs!,
    });
    if (span === undefined) {
      differ(`spans holds ${tenant}/${traceId}/${spanId} ${where}, which was never sent`);
      continue;
    }
    const alike = span.forms.filter(
      (form) => form.role === role && String(form.startNs) === startNs && form.name === name,
    );
    // Two versions may be alike in these: each row is counted for one of them.
    const form = alike.find(({ stored }) => stored === 0) ?? alike[0];
    if (form === undefined) {
      const expected = span.forms.map((each) => `${each.role}, ${each.startNs}, ${each.name}`);
      const found = `${role}, ${startNs}, ${name}`;
      differ(`${nameOf(span)} ${where}: expected ${expected.join(' or ')}; found ${found}`);
      continue;
    }
    form.stored++;
    if (form.stored > 1) {
      differ(`${nameOf(span)} is stored ${form.stored} times; this row ${where}`);
    }
  }
  for (const span of book.all()) {
    if (span.forms.some((form) => form.isAcknowledged && form.stored === 0)) {
      differ(`${nameOf(span)} was acknowledged and is not stored`);
    }
  }
  return rows;
}
