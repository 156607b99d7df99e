/** What must hold of the tables when everything has come to rest. */
import type { FakeTables, Target } from './fake-tables.ts';
import type { Row } from './native-reader.ts';
import { costAttoOf, type SimSpan, spanIdOf } from './scenario.ts';
import { type Senders, versionKey } from './senders.ts';

/** What is wrong, one line each. */
export function judge(tables: FakeTables, senders: Senders): string[] {
  return [
    ...tables.violations,
    ...senders.failures,
    ...judgeSpans(tables, senders),
    ...judgeLedger(tables, senders),
    ...judgeRollups(tables),
  ];
}

/** As `judge`, of several collectors: what comes through two of them is stored twice, and billed once. */
export function judgeBills(tables: FakeTables, senders: Senders): string[] {
  return [
    ...tables.violations,
    ...senders.failures,
    ...judgeLedger(tables, senders),
    ...judgeRollups(tables),
  ];
}

/** Versions of spans that are stored, with how often. A version is told by the tokens or the name it has. */
export function storedVersions(tables: FakeTables): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of tables.rows('spans')) {
    const attributes = row['attributes'] as Readonly<Record<string, string>>;
    const number = Number.parseInt(String(row['span_id']), 16) - 1;
    const key = `${row['tenant']}/${number}/${attributes['revision'] ?? 0}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function judgeSpans(tables: FakeTables, { acknowledged, sent }: Senders): string[] {
  const stored = storedVersions(tables);
  const wrong: string[] = [];
  for (const [key, count] of stored) {
    if (count > 1) wrong.push(`${key} is stored ${count} times`);
    if (!sent.has(key)) wrong.push(`${key} is stored, and was never sent`);
  }
  for (const key of acknowledged.keys()) {
    if (!stored.has(key)) wrong.push(`${key} was acknowledged, and is lost`);
  }
  return wrong;
}

/** Every call that is stored is billed once, at its price, to the user it was for. */
function judgeLedger(tables: FakeTables, senders: Senders): string[] {
  const wrong: string[] = [];
  const ids = new Set<unknown>();
  for (const { entry_id: id } of tables.rows('ledger')) {
    if (ids.has(id)) wrong.push(`entry ${id} is there twice`);
    ids.add(id);
  }
  const entries = Map.groupBy(tables.rows('ledger'), (row) => `${row['tenant']}/${row['span_id']}`);
  const stored = storedVersions(tables);
  const newest = new Map<string, SimSpan>();
  for (const [key, span] of senders.sent) {
    if (stored.has(key)) {
      const of = `${span.tenant}/${spanIdOf(span.number)}`;
      if ((newest.get(of)?.version ?? -1) < span.version) newest.set(of, span);
    }
  }
  for (const [of, span] of newest) {
    wrong.push(...judgeBill(of, entries.get(of) ?? [], span));
    wrong.push(...judgeUser(of, entries.get(of) ?? [], userOf(span, senders)));
  }
  for (const of of entries.keys()) {
    if (!newest.has(of)) wrong.push(`${of} has entries, and is not stored`);
  }
  return wrong;
}

const sum = (rows: readonly Row[], column: string): bigint =>
  rows.reduce((total, row) => total + ((row[column] as bigint | null) ?? 0n), 0n);

function judgeBill(of: string, entries: readonly Row[], { inputTokens }: SimSpan): string[] {
  const calls = sum(entries, 'calls');
  const cost = sum(entries, 'cost_usd');
  const expected = inputTokens === undefined ? 0n : costAttoOf(inputTokens);
  const isRight = calls === (inputTokens === undefined ? 0n : 1n) && cost === expected;
  return isRight ? [] : [`${of} is billed ${calls} times at ${cost}; expected ${expected}`];
}

/** Of a call without a user of its own, its parent's; undefined when it is open which rows there are. */
function userOf(span: SimSpan, { acknowledged }: Senders): string | undefined {
  if (span.inputTokens === undefined) return undefined;
  if (span.parent === undefined) return span.user ?? '';
  const parent = acknowledged.get(versionKey({ ...span, number: span.parent, version: 0 }));
  return parent === undefined ? undefined : (parent.user ?? '');
}

function judgeUser(of: string, entries: readonly Row[], user: string | undefined): string[] {
  const byUser = Map.groupBy(entries, (row) => String(row['user']));
  return [...byUser].flatMap(([name, own]) => {
    const expected = name === user ? 1n : 0n;
    const calls = sum(own, 'calls');
    return user === undefined || calls === expected
      ? []
      : [`${of} is billed ${calls} times to "${name}"; it was for "${user}"`];
  });
}

/** Every target holds exactly the batches, and the rows, that the first of its kind holds. */
function judgeRollups(tables: FakeTables): string[] {
  const compare = (target: Target, to: Target): string[] => {
    const [own, others] = [digest(tables.rows(target)), digest(tables.rows(to))];
    return own === others ? [] : [`${target} and ${to} do not hold the same: ${own} and ${others}`];
  };
  return [
    ...compare('cost_hourly', 'ledger'),
    ...compare('cost_daily', 'ledger'),
    ...compare('cost_day_batches', 'ledger'),
    ...compare('traces', 'spans'),
  ];
}

/** Sums that tell a row too many or too few. */
function digest(rows: readonly Row[]): string {
  const calls = rows.reduce(
    (total, row) => total + BigInt((row['calls'] as bigint | undefined) ?? 0n),
    0n,
  );
  const cost = rows.reduce(
    (total, row) => total + ((row['cost_usd'] as bigint | null | undefined) ?? 0n),
    0n,
  );
  return `${rows.length} rows, ${calls} calls, ${cost} atto-dollars`;
}
