/**
 * At the end of a phase: everything that was acknowledged against everything that is stored, by SQL and by the API.
 */
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { journalLeftovers } from './journal-watch.ts';
import type { SentSpans } from './sent-spans.ts';
import { DAYS, FIRST_DAY_NS } from './traffic.ts';
import { type EntryCounts, LedgerCheck } from './verify-ledger.ts';
import { checkSpans } from './verify-rows.ts';
import {
  checkSums,
  checkTraces,
  checkWatermarks,
  describeBatches,
  type ExpectedSums,
  expectSums,
  type PricesNow,
} from './verify-sums.ts';

/** Shown as it is: names become words. */
export interface VerifySummary extends Record<string, string | number> {
  readonly spans_sent: number;
  readonly spans_acknowledged: number;
  readonly spans_stored: number;
  readonly ledger_entries: number;
  readonly reversals: number;
  readonly charges_by_settle: number;
  readonly repricings: number;
}

export interface VerifyInput {
  readonly store: Store;
  readonly dataDir: string;
  readonly url: string;
  readonly keys: ReadonlyMap<string, string>;
  readonly book: SentSpans;
  readonly prices: PricesNow;
}

const MS_PER_DAY = 86_400_000;
/** A newer version of a span may start a day later. */
const DAYS_ASKED = DAYS + 2;
const DIFFERENCES_MAX = 1_000;

/** Differences are sentences; none means that all is well. */
export async function verify(
  input: VerifyInput,
): Promise<{ summary: VerifySummary; differences: string[] }> {
  const { store, dataDir, book, prices } = input;
  const differences: string[] = [];
  const differ = (what: string) => {
    if (differences.length < DIFFERENCES_MAX) {
      differences.push(what);
    }
  };
  const spansStored = await checkSpans({ store, book, differ });
  const entries = await new LedgerCheck({ store, book, differ }, prices).run();
  const sums = expectSums(book, prices);
  const found = [
    ...(await checkSums(store, sums)),
    ...(await checkTraces(store)),
    ...(await checkWatermarks(store)),
    ...(await checkApi(input, sums)),
    ...(await journalLeftovers(dataDir)).map((path) => `${path} is left in a drained journal`),
  ];
  found.forEach(differ);
  const summary = await summarise({ store, book, sums, spansStored, entries });
  return { summary, differences };
}

async function summarise(about: {
  store: Store;
  book: SentSpans;
  sums: ExpectedSums;
  spansStored: number;
  entries: EntryCounts;
}): Promise<VerifySummary> {
  const { entries } = about;
  const { batches, rowsMax, writers } = await describeBatches(about.store);
  return {
    spans_sent: about.book.sent,
    spans_acknowledged: about.book.acknowledged,
    spans_stored: about.spansStored,
    ledger_entries: entries.charge + entries.reversal + entries.reprice,
    reversals: entries.reversal,
    charges_by_settle: entries.settled,
    repricings: entries.reprice,
    batches_stored: batches,
    rows_of_the_largest_batch: rowsMax,
    writer_ids: writers,
    groups_compared: about.sums.byHour.groups.size + about.sums.byDay.groups.size,
    unpriced_calls: String(about.sums.byHour.total('unpriced_calls')),
    cost_usd: formatUsd(about.sums.byHour.total('cost_usd')),
  };
}

/** What a person is told must be the same: calls and cost by model, for each tenant by its own key. */
async function checkApi({ url, keys }: VerifyInput, { byModel }: ExpectedSums): Promise<string[]> {
  const fromMs = Number(FIRST_DAY_NS / 1_000_000n);
  const from = new Date(fromMs).toISOString();
  const to = new Date(fromMs + DAYS_ASKED * MS_PER_DAY).toISOString();
  const differences: string[] = [];
  for (const [tenant, key] of keys) {
    const answer = await fetch(
      `${url}/api/v1/costs/breakdown?from=${from}&to=${to}&by=model&limit=100`,
      { headers: { 'x-api-key': key } },
    );
    const text = await answer.text();
    if (!answer.ok) {
      differences.push(`breakdown of ${tenant}: status ${answer.status}: ${text.slice(0, 300)}`);
      continue;
    }
    const { rows } = JSON.parse(text) as {
      rows: { model: string; calls: number; unpriced_calls: number; cost_usd: string | null }[];
    };
    const told = new Map(
      rows.map((row) => [
        `${tenant}, ${row.model}`,
        `${row.calls} calls, ${row.unpriced_calls} unpriced, ${parseUsd(row.cost_usd ?? '0')}`,
      ]),
    );
    for (const [group, sums] of byModel.groups) {
      const wanted = `${sums.get('calls')} calls, ${sums.get('unpriced_calls')} unpriced, ${sums.get('cost_usd')}`;
      if (group.startsWith(`${tenant}, `) && told.get(group) !== wanted) {
        differences.push(`breakdown [${group}]: expected ${wanted}; found ${told.get(group)}`);
      }
    }
  }
  return differences;
}
