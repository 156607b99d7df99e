/** Row by row: each span stored as often as it must be, each leaf charged once, to the last digit. */
import { createInterface } from 'node:readline';
import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { USAGE_KEYS, type UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { PriceBook } from '@ai-cost-profiler/collector/price/price-book.ts';
import { type ExpectedCharge, expectCharge } from './expected-charge.ts';
import type { SentSpan, SentSpans } from './sent-spans.ts';

export interface RowCheck {
  readonly store: Store;
  readonly book: SentSpans;
  readonly prices: PriceBook;
  /** Takes each difference. */
  readonly differ: (what: string) => void;
}

/** Buckets the spans of the test use; of all others there must be none. */
const USED: readonly UsageKey[] = [
  'in_uncached',
  'in_cache_read',
  'in_cache_write',
  'out_text',
  'out_reasoning',
];
const READ_MS_MAX = 120_000;

/** Rows of any size, one array each, in constant memory. */
async function* readRows(store: Store, sql: string): AsyncGenerator<(string | null)[]> {
  const options = { timeoutMs: READ_MS_MAX };
  const stream = await store.raw(sql, 'JSONCompactStringsEachRow', {}, options);
  for await (const line of createInterface({ input: stream })) {
    if (line !== '') {
      yield JSON.parse(line) as (string | null)[];
    }
  }
}

function nameOf(span: SentSpan): string {
  return `span ${span.traceId}/${span.spanId} of ${span.tenant} (batch ${span.batch}, ${span.kind.name})`;
}

/** Counts the rows of `spans` against the book. Returns how many there are. */
export async function checkSpans({ store, book, differ }: RowCheck): Promise<number> {
  let rows = 0;
  const sql = `SELECT tenant, trace_id, span_id, toString(role), toUnixTimestamp64Nano(start_time), name,
                 writer_id, batch_seq FROM ${store.database}.spans`;
  for await (const [tenant, traceId, spanId, role, startNs, name, writer, seq] of readRows(
    store,
    sql,
  )) {
    rows++;
    const where = `in batch ${seq} of writer ${writer}`;
    const span = book.find(tenant!, traceId!, spanId!);
    if (span === undefined) {
      differ(`spans holds ${tenant}/${traceId}/${spanId} ${where}, which was never sent`);
      continue;
    }
    span.stored++;
    if (span.stored > 1) {
      differ(`${nameOf(span)} is stored ${span.stored} times; this row ${where}`);
    }
    if (role !== span.kind.role || startNs !== String(span.startNs) || name !== span.kind.name) {
      const expected = `${span.kind.role}, ${span.startNs}, ${span.kind.name}`;
      differ(`${nameOf(span)} ${where}: expected ${expected}; found ${role}, ${startNs}, ${name}`);
    }
  }
  for (const span of book.all()) {
    if (span.isAcknowledged && span.stored === 0) {
      differ(`${nameOf(span)} was acknowledged and is not stored`);
    }
  }
  return rows;
}

/** Compares each ledger entry with what its span must cost. Returns how many entries there are. */
export async function checkLedger(check: RowCheck): Promise<number> {
  const { store, book, differ } = check;
  const others = USAGE_KEYS.filter((key) => !USED.includes(key));
  const sql = `SELECT tenant, trace_id, span_id, writer_id, batch_seq, toString(kind), provider, model,
      calls, unpriced_calls, list_usd, cost_usd, cost_low_usd, cost_high_usd,
      ${others.map((key) => `isNotNull(${key})`).join(' + ')} + isNotNull(reported_usd), ${USED.join(', ')}
    FROM ${store.database}.ledger`;
  let rows = 0;
  for await (const row of readRows(store, sql)) {
    rows++;
    checkEntry(check, row);
  }
  for (const span of book.all()) {
    const expected = span.stored > 0 && span.kind.role === 'leaf' ? 1 : 0;
    if (span.charged !== expected) {
      differ(
        `${nameOf(span)}, stored ${span.stored} times, has ${span.charged} charges; expected ${expected}`,
      );
    }
  }
  return rows;
}

function checkEntry({ book, prices, differ }: RowCheck, row: (string | null)[]): void {
  const [tenant, traceId, spanId, writer, seq, kind, provider, model, ...figures] = row;
  const span = book.find(tenant!, traceId!, spanId!);
  const where = `in batch ${seq} of writer ${writer}`;
  if (span === undefined) {
    differ(`ledger charges ${tenant}/${traceId}/${spanId} ${where}, which was never sent`);
    return;
  }
  span.charged++;
  const charge = expectCharge(prices, span);
  if (charge === undefined || kind !== 'charge') {
    differ(`${nameOf(span)} has an entry of kind ${kind} ${where}`);
    return;
  }
  const told = [provider, model, ...figures.map(normal)].join(', ');
  const wanted = [span.kind.provider, span.kind.model, ...figuresOf(charge)].join(', ');
  if (told !== wanted) {
    differ(`the charge of ${nameOf(span)} ${where}: expected ${wanted}; found ${told}`);
  }
}

/** In the order of the columns; amounts in atto-dollars. */
function figuresOf(charge: ExpectedCharge): string[] {
  const { listAtto, costAtto, lowAtto, highAtto } = charge;
  const amounts = [listAtto, costAtto, lowAtto, highAtto].map((each) => String(each ?? 'null'));
  const quantities = USED.map((key) => String(charge.usage[key] ?? 'null'));
  return ['1', costAtto === undefined ? '1' : '0', ...amounts, '0', ...quantities];
}

function normal(text: string | null | undefined, column: number): string {
  if (text === null || text === undefined || text === 'ᴺᵁᴸᴸ') {
    return 'null';
  }
  return column >= 2 && column <= 5 ? String(parseUsd(text)) : text;
}
