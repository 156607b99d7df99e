/**
 * The entries of a person, and what sealed days say of them. No amount, count or instant is touched: only the name, and
 * texts that hold it. Days that are sealed are sealed again with the hash of what will stand there, if what stands
 * there is what was sealed: a seal that did not hold before is left, and verify goes on telling of it.
 */
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { entryFacts } from '../verify/day-facts.ts';
import { type Erasure, PersonSql } from './person.ts';
import { ERASE_SYNC, isTheirs } from './person-spans.ts';

const COLUMNS = ['user', 'session', 'tags', 'note'] as const;

function newValues(person: PersonSql): Readonly<Record<(typeof COLUMNS)[number], string>> {
  return {
    user: person.replacedUser,
    session: person.without('session'),
    tags: person.withoutInMap('tags'),
    note: person.without('note'),
  };
}

/** Resolves with how many entries were looked through. Can be repeated. */
export async function eraseEntries(store: Store, erasure: Erasure): Promise<number> {
  const ledger = `${quoteName(store.database)}.ledger`;
  const where = isTheirs(store, erasure);
  const [row] = await store.query<{ found: string }>(
    `SELECT count() AS found FROM ${ledger} WHERE ${where}`,
    {},
    ERASE_SYNC,
  );
  const found = Number(row?.found ?? 0);
  if (found > 0) {
    const values = newValues(new PersonSql(store, erasure));
    const changes = COLUMNS.map((name) => `${name} = ${values[name]}`).join(', ');
    await store.command(`ALTER TABLE ${ledger} UPDATE ${changes} WHERE ${where}`, ERASE_SYNC);
  }
  return found;
}

interface Seal {
  readonly day: string;
  readonly through_ns: string;
  readonly hash_version: number;
  readonly entries_hash: string;
}

/** Before the entries change. Resolves with the days that were sealed again. */
export async function resealDays(store: Store, erasure: Erasure): Promise<string[]> {
  const { tenant } = erasure;
  const again: string[] = [];
  for (const seal of await readSeals(store, erasure)) {
    const question = { day: seal.day, tenants: [tenant], throughNs: BigInt(seal.through_ns) };
    const now = await entryFacts(store, question, seal.hash_version);
    const after = await entryFacts(store, question, seal.hash_version, changed(store, erasure));
    const [hashNow, hashAfter] = [now, after].map((facts) => facts?.get(tenant)?.entries_hash);
    if (hashAfter === undefined || hashNow !== seal.entries_hash || hashAfter === hashNow) continue;
    await sealAgain(store, tenant, { ...seal, entries_hash: hashAfter });
    again.push(seal.day);
  }
  return again;
}

/** The ledger as it will be. */
function changed(store: Store, erasure: Erasure): string {
  const values = newValues(new PersonSql(store, erasure));
  const where = isTheirs(store, erasure);
  const replaced = COLUMNS.map((name) => `if(${where}, ${values[name]}, ${name}) AS ${name}`);
  return `(SELECT * REPLACE (${replaced.join(', ')}) FROM ${store.database}.ledger
    WHERE tenant = ${quoteString(erasure.tenant)})`;
}

/** The newest seal of each day of the tenant whose entries are kept. */
async function readSeals(store: Store, { tenant }: Erasure): Promise<Seal[]> {
  return store.query<Seal>(
    `SELECT toString(sealed.day) AS day, toUnixTimestamp64Nano(sealed.through) AS through_ns,
       toString(entries_hash) AS entries_hash, hash_version
     FROM ${store.database}.sealed_days AS sealed
     WHERE tenant = {tenant:String} AND expired = 'spans' AND sealed.day NOT IN (
       SELECT gone.day FROM ${store.database}.sealed_days AS gone WHERE gone.tenant = {tenant:String} AND gone.expired = 'ledger')
     ORDER BY sealed.day, sealed.through DESC, sealed_at DESC LIMIT 1 BY sealed.day`,
    { tenant },
    ERASE_SYNC,
  );
}

/** One more row, of the same instant: the one that was sealed last counts. */
async function sealAgain(store: Store, tenant: string, seal: Seal): Promise<void> {
  await store.command(
    `INSERT INTO ${store.database}.sealed_days
     SELECT * REPLACE (greatest(now64(3), sealed_at + INTERVAL 1 MILLISECOND) AS sealed_at,
       toUInt128(${quoteString(seal.entries_hash)}) AS entries_hash)
     FROM ${store.database}.sealed_days
     WHERE tenant = ${quoteString(tenant)} AND day = toDate(${quoteString(seal.day)}) AND expired = 'spans'
       AND toUnixTimestamp64Nano(through) = ${seal.through_ns}
     ORDER BY sealed_at DESC LIMIT 1`,
    ERASE_SYNC,
  );
}
