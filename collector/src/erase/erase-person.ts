/**
 * The data of one person goes, the money stays: tables are changed one after the other, while nothing settles and
 * nothing is inserted, and every step can be repeated from the start after a crash (docs/decisions/0019).
 */
import { quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { ContentRule } from '../retention/replace-content.ts';
import { type Erasure, PersonSql, TOMBSTONE } from './person.ts';
import { eraseEntries, resealDays } from './person-ledger.ts';
import { eraseRollup } from './person-rollup.ts';
import { ERASE_SYNC, eraseSpans, noteTraces } from './person-spans.ts';

/** What was looked through and changed; in the names of the API. */
export interface ErasedPerson {
  readonly spans: number;
  readonly entries: number;
  /** Months of cost_daily that were written anew. */
  readonly rollup_months: number;
  /** Expired days whose seal was made anew, because it holds a hash of entries that name the person. */
  readonly resealed_days: readonly string[];
}

/** Tables that tell the user of a call, and those that tell keys of budgets. */
const USER_TABLES = ['spans', 'ledger', 'cost_daily'];
const TOLD_TABLES = ['alerts', 'budget_status'];
/** Looks at what budgets told. */
const ROUNDS_MAX = 3;

type Show = (progress: { readonly step: string; readonly rows: number }) => void;

export async function erasePerson(
  store: Store,
  { erasure, rule }: { readonly erasure: Erasure; readonly rule: ContentRule },
  show: Show,
): Promise<ErasedPerson> {
  await noteTraces(store, erasure);
  const resealed = await resealDays(store, erasure);
  show({ step: 'sealed_days', rows: resealed.length });
  // The ledger before the spans: what is left of a crash is found by either.
  const entries = await eraseEntries(store, erasure);
  show({ step: 'ledger', rows: entries });
  const spans = await eraseSpans(store, erasure, rule);
  show({ step: 'spans', rows: spans });
  const months = await eraseRollup(store, erasure);
  show({ step: 'cost_daily', rows: months });
  await eraseControlTotals(store, erasure);
  await eraseTold(store, erasure);
  await mustBeGone(store, erasure);
  return { spans, entries, rollup_months: months, resealed_days: resealed };
}

/** Metrics have no user, but their session may be named after one. */
async function eraseControlTotals(store: Store, erasure: Erasure): Promise<void> {
  const person = new PersonSql(store, erasure);
  await store.command(
    `ALTER TABLE ${store.database}.control_totals UPDATE session = ${person.without('session')}
     WHERE tenant = ${quoteString(erasure.tenant)} AND ${person.names('session')}`,
    ERASE_SYNC,
  );
}

/** What budgets told. Another collector may be telling it at this very moment, and nothing holds that one. */
async function eraseTold(store: Store, erasure: Erasure): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await eraseAlerts(store, erasure);
    await eraseBudgetStatus(store, erasure);
    if ((await countTold(store, erasure)) === 0) return;
  }
}

/** Of a budget for each user, whose key is that user. The tombstone is of nobody, whatever a person is called. */
function isOfPerson(store: Store, erasure: Erasure): string {
  const person = new PersonSql(store, erasure);
  return `tenant = ${quoteString(erasure.tenant)} AND key != ${TOMBSTONE} AND (dimension = 'user' AND key = ${person.user} OR ${person.names('key')})`;
}

async function countTold(store: Store, erasure: Erasure): Promise<number> {
  let told = 0;
  for (const table of TOLD_TABLES)
    told += await countRows(store, table, isOfPerson(store, erasure));
  return told;
}

async function eraseAlerts(store: Store, erasure: Erasure): Promise<void> {
  await store.command(
    `ALTER TABLE ${store.database}.alerts UPDATE key = ${TOMBSTONE} WHERE ${isOfPerson(store, erasure)}`,
    ERASE_SYNC,
  );
}

/** Told anew each minute, and then without the person: rows go, because the key is part of their order. */
async function eraseBudgetStatus(store: Store, erasure: Erasure): Promise<void> {
  await store.command(
    `ALTER TABLE ${store.database}.budget_status DELETE WHERE ${isOfPerson(store, erasure)}`,
    ERASE_SYNC,
  );
}

async function mustBeGone(store: Store, erasure: Erasure): Promise<void> {
  const { user } = new PersonSql(store, erasure);
  const isUser = `tenant = ${quoteString(erasure.tenant)} AND user = ${user}`;
  const tables = [
    ...USER_TABLES.map((table) => [table, isUser] as const),
    ...TOLD_TABLES.map((table) => [table, isOfPerson(store, erasure)] as const),
  ];
  for (const [table, isTheirs] of tables) {
    const left = await countRows(store, table, isTheirs);
    if (left !== 0) throw new Error(`${left} rows of ${table} still name a person who was erased`);
  }
}

async function countRows(store: Store, table: string, condition: string): Promise<number> {
  const [row] = await store.query<{ found: string }>(
    `SELECT count() AS found FROM ${store.database}.${table} WHERE ${condition}`,
    {},
    ERASE_SYNC,
  );
  // What has no answer is not known to be gone.
  return row === undefined ? Number.NaN : Number(row.found);
}
