/** What the tables and the API say in the end, against what the senders were told is kept: to the digit. */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Totals } from './request-template.ts';

type Told = Readonly<Record<string, string>>;

const SUMS = `toString(sum(calls)) AS calls, toString(sum(in_uncached)) AS in_tokens,
  toString(sum(out_text)) AS out_tokens, toString(sum(cost_usd)) AS cost_usd`;

/** Sentences; none means that all is exact. */
export async function checkTotals(
  store: Store,
  totals: Totals,
  api: { url: string; key: string },
): Promise<string[]> {
  const wrong: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      wrong.push(`${what}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
    }
  };
  const [spans] = await store.query<Told>(
    'SELECT count() AS rows, uniqExact(trace_id, span_id) AS ids FROM aicost.spans',
    undefined,
    { timeoutMs: 300_000, settings: { max_memory_usage: 2_500_000_000 } },
  );
  expect('spans', spans, { rows: `${totals.spans}`, ids: `${totals.spans}` });
  const sums = {
    calls: `${totals.calls}`,
    in_tokens: `${totals.inTokens}`,
    out_tokens: `${totals.outTokens}`,
    cost_usd: formatUsd(totals.costAtto),
  };
  for (const table of ['ledger', 'cost_hourly', 'cost_daily']) {
    expect(table, (await store.query<Told>(`SELECT ${SUMS} FROM aicost.${table}`))[0], sums);
  }
  const [traces] = await store.query<Told>('SELECT sum(spans) AS rows FROM aicost.traces');
  expect('traces', traces, { rows: `${totals.spans}` });
  const answer = await fetch(`${api.url}/api/v1/costs/breakdown?from=now-24h&to=now&by=model`, {
    headers: { 'x-api-key': api.key },
  });
  const told = (await answer.json()) as { totals: Record<string, unknown> };
  const { calls, cost_usd } = told.totals;
  expect('API', { calls, cost_usd }, { calls: Number(totals.calls), cost_usd: sums.cost_usd });
  return wrong;
}

/** The most active parts of one partition of a table: what a server refuses beyond 3,000 of. */
export async function mostParts(store: Store): Promise<number> {
  const [row] = await store.query<{ most: string }>(
    `SELECT max(parts) AS most FROM (SELECT count() AS parts FROM system.parts
       WHERE database = 'aicost' AND active GROUP BY table, partition)`,
  );
  return Number(row?.most ?? 0);
}
