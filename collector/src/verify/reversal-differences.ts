/**
 * Entries among themselves, one day at a time: none is stored twice, and each reversal is the exact negative of one
 * entry that no other reversal names, but those that were taken back themselves (settle/surplus-reversals.ts). A
 * reversal has the start of what it undoes, so both lie in the same day.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { SUMMED_COLUMNS } from '@ai-cost-profiler/clickhouse/summed-columns.ts';
import { CHARGE_KEYS } from '../bucket-amounts.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { chargeFacts, reversalOf } from '../settle/difference.ts';
import { AMOUNT_COLUMNS } from '../settle/standing-amounts.ts';
import { STORED_ENTRY_COLUMNS, type StoredEntry, toLedgerEntry } from '../settle/stored-entry.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import type { Difference } from './report.ts';

/**
 * The first entry of a UTC day (YYYY-MM-DD) that is stored twice, or is a reversal that is not one; of tenants whose
 * entries of that day have not expired.
 */
export async function findReversalDifference(
  store: Store,
  day: string,
  expired: readonly string[],
): Promise<Difference | null> {
  const doubled = await findDoubled(store, day);
  if (doubled !== null) {
    return doubled;
  }
  const target = await findWrongTarget(store, day, expired);
  return target === undefined ? null : explain(store, day, target);
}

async function findDoubled(store: Store, day: string): Promise<Difference | null> {
  const [row] = await store.query<{
    id: string;
    rows: string;
    tenant: string;
    trace_id: string;
    span_id: string;
  }>(
    `SELECT entry_id AS id, count() AS rows, any(entry.tenant) AS tenant, any(entry.trace_id) AS trace_id,
            any(entry.span_id) AS span_id
     FROM ${store.database}.ledger AS entry WHERE toDate(start_time) = {day:Date}
     GROUP BY id HAVING rows > 1 ORDER BY id LIMIT 1`,
    { day },
    CHECK_OPTIONS,
  );
  if (row === undefined) {
    return null;
  }
  const { id, rows, tenant, trace_id, span_id } = row;
  return {
    where: 'ledger',
    tenant,
    trace_id,
    span_id,
    entry_id: id,
    day,
    column: 'entry_id',
    expected: '1',
    found: rows,
    cause: 'One entry is stored several times: its batch reached the ledger more than once.',
  };
}

/** The id that a wrong reversal names. Sums are a cheap sieve: what passes it is compared column by column. */
async function findWrongTarget(
  store: Store,
  day: string,
  expired: readonly string[],
): Promise<string | undefined> {
  const undoes = "(entry.kind = 'reversal' AND entry.entry_id NOT IN undone)";
  const sums = SUMMED_COLUMNS.map((name) => `sum(ifNull(entry.${name}, 0)) != 0`);
  const parts =
    'sum(ifNull(entry.cache_missed_usd, 0)) != 0 OR arrayExists(one -> one != 0, mapValues(sumMap(entry.bucket_usd)))';
  const nulls = SUMMED_COLUMNS.map((name) => `countIf(isNull(entry.${name})) % 2 != 0`);
  const [row] = await store.query<{ target: string }>(
    `WITH undone AS (SELECT reverses FROM ${store.database}.ledger
        WHERE toDate(start_time) = {day:Date} AND kind = 'reversal')
     SELECT if(${undoes}, assumeNotNull(entry.reverses), entry.entry_id) AS target
     FROM ${store.database}.ledger AS entry
     WHERE toDate(start_time) = {day:Date} AND (kind = 'reversal' OR entry_id IN undone)
       AND entry.tenant NOT IN {expired:Array(String)}
     GROUP BY target
     HAVING countIf(${undoes}) != 1 OR countIf(NOT ${undoes}) != 1
       OR uniqExact(entry.tenant, entry.trace_id, entry.span_id, entry.start_time, entry.over_limit) != 1
       OR uniqExact(entry.service, entry.environment, entry.provider, entry.model, entry.operation,
            entry.feature, entry.agent, entry.prompt, entry.user, entry.session, entry.tool, toString(entry.tags)) != 1
       OR ${[...sums, ...nulls, parts].join(' OR ')}
     ORDER BY target LIMIT 1`,
    { day, expired },
    CHECK_OPTIONS,
  );
  return row?.target;
}

async function explain(store: Store, day: string, target: string): Promise<Difference> {
  const rows = await store.query<StoredEntry>(
    `WITH undone AS (SELECT reverses FROM ${store.database}.ledger
        WHERE toDate(start_time) = {day:Date} AND kind = 'reversal')
     SELECT ${STORED_ENTRY_COLUMNS} FROM ${store.database}.ledger
     WHERE toDate(ledger.start_time) = {day:Date}
       AND (ledger.entry_id = {target:UUID} OR ledger.reverses = {target:UUID} AND ledger.entry_id NOT IN undone)`,
    { day, target },
    CHECK_OPTIONS,
  );
  const entries = rows.map(toLedgerEntry);
  const id = target.replaceAll('-', '');
  const isNamed = ({ entryId }: LedgerEntry) => Buffer.from(entryId).toString('hex') === id;
  const reversals = entries.filter((entry) => !isNamed(entry));
  const named = entries.find(isNamed);
  const [reversal] = reversals;
  const at = reversal ?? named;
  const about = {
    where: 'ledger' as const,
    tenant: at?.tenant ?? '',
    trace_id: at?.traceId ?? '',
    span_id: at?.spanId ?? '',
    entry_id: target,
    day,
  };
  if (named === undefined || reversal === undefined) {
    const cause =
      'A reversal names an entry that is not there: the entry was lost, or the reversal is forged.';
    return { ...about, column: 'reverses', expected: target, found: null, cause };
  }
  if (reversals.length > 1) {
    const cause = 'An entry is reversed more than once: two settlers worked on one ledger.';
    return { ...about, column: 'reverses', expected: '1', found: String(reversals.length), cause };
  }
  return { ...about, ...firstUnequal(named, reversal) };
}

/** The first column in which a reversal is not the negative of what it undoes. */
function firstUnequal(
  named: LedgerEntry,
  reversal: LedgerEntry,
): Pick<Difference, 'column' | 'expected' | 'found' | 'cause'> {
  const cause =
    'A reversal is not the exact negative of the entry it names: one of the two was changed.';
  const wanted = columnsOf(reversalOf(named, { entryId: reversal.entryId, recordedAtNs: 0n }));
  const columns = columnsOf(reversal);
  const names = [...new Set([...wanted.keys(), ...columns.keys()])];
  const column = names.find((name) => wanted.get(name) !== columns.get(name)) ?? 'over_limit';
  return {
    column,
    expected: wanted.get(column) ?? null,
    found: columns.get(column) ?? null,
    cause,
  };
}

function columnsOf(entry: LedgerEntry): Map<string, string | undefined> {
  return new Map([
    ...chargeFacts(entry, entry),
    ['tenant', entry.tenant],
    ['unpriced_calls', String(entry.unpricedCalls)],
    ['over_limit', String(entry.overLimit)],
    ...AMOUNT_COLUMNS.map(([name, column]): [string, string | undefined] => [
      column,
      entry.charge[name]?.toString(),
    ]),
    ['reported_usd', entry.charge.reportedAtto?.toString()],
    ['cache_priced_calls', String(entry.cachePricedCalls)],
    ['cache_saved_usd', entry.charge.cacheSavedAtto?.toString()],
    ['cache_missed_usd', entry.charge.cacheMissedAtto?.toString()],
    ['bucket_usd', bucketsText(entry)],
  ]);
}

function bucketsText({ charge }: LedgerEntry): string {
  return CHARGE_KEYS.filter((key) => charge.byBucket[key] !== undefined)
    .map((key) => `${key} ${charge.byBucket[key]}`)
    .join(', ');
}
