/**
 * Days whose spans have expired, against the rows that sealed them: the entries that were there then are there still,
 * as they were; and where those have expired too, the rollups say what they summed to.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import { type EntryFacts, entryFacts } from './day-facts.ts';
import type { Difference, Skipped } from './report.ts';

/** The newest row that sealed a tenant's day. */
interface Seal extends Omit<EntryFacts, 'book_versions' | 'rules_versions'> {
  readonly tenant: string;
  readonly through_ns: string;
  readonly hash_version: number;
}

const COLUMNS = [
  'entries',
  'calls',
  'unpriced_calls',
  'list_usd',
  'cost_usd',
  'entries_hash',
] as const;
const SUMS = ['calls', 'unpriced_calls', 'list_usd', 'cost_usd'] as const;
type Sums = Readonly<Record<(typeof SUMS)[number], string>>;

const NOTHING: Readonly<Record<(typeof COLUMNS)[number], string>> = {
  entries: '0',
  calls: '0',
  unpriced_calls: '0',
  list_usd: '0',
  cost_usd: '0',
  entries_hash: '0',
};

export interface SealedDayResult {
  readonly difference: Difference | null;
  /** Tenants whose day was held against its seal. */
  readonly sealed: number;
}

/** The first difference of a UTC day (YYYY-MM-DD). `withoutLedger`: tenants whose entries of it have expired. */
export async function findSealedDifference(
  store: Store,
  day: string,
  { withoutLedger, skipped }: { withoutLedger: readonly string[]; skipped: Skipped },
): Promise<SealedDayResult> {
  const gone = new Set(withoutLedger);
  let sealed = 0;
  for (const seal of await readSeals(store, day)) {
    const found = gone.has(seal.tenant)
      ? await rollupDifference(store, day, seal)
      : await ledgerDifference(store, day, seal);
    if (found === 'unknown') {
      skipped.add('days sealed by another version of the hash: not compared');
    } else if (found !== null) {
      return { difference: found, sealed };
    } else {
      sealed++;
    }
  }
  return { difference: null, sealed };
}

async function readSeals(store: Store, day: string): Promise<Seal[]> {
  return store.query<Seal>(
    `SELECT tenant, toUnixTimestamp64Nano(through) AS through_ns, toString(entries) AS entries,
       toString(entries_hash) AS entries_hash, calls, unpriced_calls, toString(list_usd) AS list_usd,
       toString(cost_usd) AS cost_usd, hash_version
     FROM ${store.database}.sealed_days WHERE day = {day:Date} AND expired != 'content'
     ORDER BY tenant, expired = 'ledger' DESC, through DESC, sealed_at DESC LIMIT 1 BY tenant`,
    { day },
    CHECK_OPTIONS,
  );
}

async function ledgerDifference(
  store: Store,
  day: string,
  seal: Seal,
): Promise<Difference | 'unknown' | null> {
  const { tenant } = seal;
  const question = { day, tenants: [tenant], throughNs: BigInt(seal.through_ns) };
  const facts = await entryFacts(store, question, seal.hash_version);
  if (facts === undefined) return 'unknown';
  const found = facts.get(tenant) ?? NOTHING;
  const column = COLUMNS.find((name) => found[name] !== seal[name]);
  if (column === undefined) return null;
  const cause =
    'The entries of a day whose spans have expired are not those that were sealed: one was changed, lost or added.';
  return {
    where: 'ledger',
    tenant,
    day,
    column,
    expected: seal[column],
    found: found[column],
    cause,
  };
}

/** What came after the entries had expired was reversed, or is there still. */
async function rollupDifference(store: Store, day: string, seal: Seal): Promise<Difference | null> {
  const { tenant } = seal;
  const sums = SUMS.map((name) => `sum(ifNull(both.${name}, 0)) AS ${name}`).join(', ');
  const [found] = await store.query<Sums>(
    `SELECT ${SUMS.map((name) => `toString(sum(d.${name})) AS ${name}`).join(', ')} FROM (
       SELECT ${sums} FROM ${store.database}.cost_daily AS both WHERE tenant = {tenant:String} AND day = {day:Date}
       UNION ALL
       SELECT ${sums.replaceAll('sum(', '-sum(')} FROM ${store.database}.ledger AS both
       WHERE tenant = {tenant:String} AND toDate(start_time) = {day:Date}
         AND recorded_at > fromUnixTimestamp64Nano({through:Int64}, 'UTC')) AS d`,
    { day, tenant, through: seal.through_ns },
    CHECK_OPTIONS,
  );
  const column = SUMS.find((name) => (found?.[name] ?? '0') !== seal[name]);
  if (column === undefined) return null;
  const cause =
    'cost_daily does not say what the expired entries of the day summed to: a row was changed or lost.';
  const values = { expected: seal[column], found: found?.[column] ?? null };
  return { where: 'cost_daily', tenant, day, column, ...values, cause };
}
