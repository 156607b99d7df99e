/** Entries of the ledger as the test reads them: figures as integers, all else as text. */
import { parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { cachePricedCalls, type ExpectedCharge } from './expected-charge.ts';
import { readRows } from './read-rows.ts';
import type { Bill } from './sent-spans.ts';
import { SUM_COLUMNS } from './sum-columns.ts';

const FACTS = [
  'tenant',
  'trace_id',
  'span_id',
  'entry_id',
  'kind',
  'reverses',
  'book_version',
  'note',
  'role',
  'provider',
  'model',
  'start_ns',
  'user',
  'session',
  'feature',
  'agent',
  'team',
] as const;
type Fact = (typeof FACTS)[number];
const FIGURES = [...SUM_COLUMNS.keys()];

/** A fact that is NULL is ''; a figure that is NULL is undefined. */
export interface LedgerRow {
  readonly facts: Readonly<Record<Fact, string>>;
  readonly figures: ReadonlyMap<string, bigint | undefined>;
}

/** Facts that an entry and its reversal share, and that the bill of a span tells. */
export const BILL_FACTS = FACTS.slice(FACTS.indexOf('role'));

const COMPUTED: Partial<Record<Fact, string>> = {
  kind: 'toString(kind)',
  start_ns: 'toUnixTimestamp64Nano(start_time)',
  team: "tags['team']",
};

/** All entries, those of one span together, charges before what corrects them. */
export async function* readLedger(store: Store): AsyncGenerator<LedgerRow> {
  const facts = FACTS.map((name) => `${COMPUTED[name] ?? name} AS ${name}`);
  const sql = `SELECT ${[...facts, ...FIGURES].join(', ')} FROM ${store.database}.ledger
    ORDER BY tenant, trace_id, span_id, recorded_at`;
  for await (const row of readRows(store, sql)) {
    const told = FACTS.map((name, i): [string, string] => [name, row[i] ?? '']);
    const figures = FIGURES.map((name, i): [string, bigint | undefined] => {
      const text = row[FACTS.length + i];
      return [name, text == null ? undefined : parseDecimal(text, SUM_COLUMNS.get(name)!)];
    });
    yield {
      facts: Object.fromEntries(told) as Record<Fact, string>,
      figures: new Map(figures.filter(([, value]) => value !== undefined)),
    };
  }
}

/** What the facts of the entry of a bill must be, in the order of BILL_FACTS. */
export function billFacts({ role, provider, model, startNs, whom }: Bill): string[] {
  const { user, session, feature, agent, team } = whom;
  return [role, provider, model, String(startNs), user, session, feature, agent, team];
}

/** The figures of a charge by column; unknown ones are absent, as they are in a row. */
export function chargeFigures(charge: ExpectedCharge): Map<string, bigint> {
  const { calls, unpricedCalls, usage, listAtto, costAtto, lowAtto, highAtto } = charge;
  const { reportedAtto, savedAtto } = charge;
  const figures: [string, bigint | undefined][] = [
    ['calls', calls],
    ['unpriced_calls', unpricedCalls],
    ['cache_priced_calls', cachePricedCalls(charge)],
    ...USAGE_KEYS.map((key): [string, bigint | undefined] => [key, usage[key]]),
    ['list_usd', listAtto],
    ['cost_usd', costAtto],
    ['cost_low_usd', lowAtto],
    ['cost_high_usd', highAtto],
    ['reported_usd', reportedAtto],
    ['cache_saved_usd', savedAtto],
  ];
  return new Map(figures.filter((figure): figure is [string, bigint] => figure[1] !== undefined));
}

/** `cost_usd 12, …`: the figures in which two differ; '' when they are the same. */
export function figureDifference(
  expected: ReadonlyMap<string, bigint | undefined>,
  found: ReadonlyMap<string, bigint | undefined>,
): string {
  return FIGURES.filter((name) => expected.get(name) !== found.get(name))
    .map((name) => `${name} expected ${expected.get(name)}, found ${found.get(name)}`)
    .join('; ');
}
