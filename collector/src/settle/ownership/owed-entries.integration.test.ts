/**
 * What a former owner of settle left in its journal, on the real engine: it is stored after another one has corrected
 * the same, and lies before every mark.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../test-ledger.ts';
import { chat, NOW_MS } from '../../test-road.ts';
import { reversalOf } from '../difference.ts';
import { loadEntries } from '../load-spans.ts';
import { SOLE_OWNER, type StoredDebt } from './settle-ownership.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

let trace = 0;
let forgiven: StoredDebt[];
beforeEach(() => {
  trace++;
  forgiven = [];
  ledger.ownership = SOLE_OWNER;
  ledger.clockMs += 1_000_000;
});

const traceId = () => (trace + 1).toString(16).padStart(32, '0');
const stamp = () => ({
  entryId: randomBytes(16),
  recordedAtNs: BigInt(ledger.clockMs) * 1_000_000n,
});

/** A call that one settler corrected; then the same corrections of another are stored. Gives who wrote them. */
async function correctedTwice(): Promise<string> {
  await ledger.send([{ span: trace, trace, startMs: NOW_MS, attributes: chat(1000, {}) }]);
  const entriesOf = () => loadEntries(ledger.store, { tenant: 'acme', traceIds: [traceId()] });
  const [charge] = await entriesOf();
  await ledger.append([reversalOf(charge!, stamp()), { ...charge!, ...stamp() }]);
  await ledger.settle();
  const known = await writers();
  await ledger.append([reversalOf(charge!, stamp()), { ...charge!, ...stamp() }]);
  return (await writers()).find((writer) => !known.includes(writer))!;
}

async function writers(): Promise<string[]> {
  const rows = await ledger.store.query<{ writer: string }>(
    'SELECT DISTINCT writer_id AS writer FROM ledger WHERE trace_id = {traceId:String}',
    { traceId: traceId() },
  );
  return rows.map(({ writer }) => writer);
}

/** Calls, of which the charges that no reversal names are so many. */
async function standing(): Promise<unknown> {
  const [row] = await ledger.store.query(
    `WITH undone AS (SELECT reverses FROM ledger WHERE kind = 'reversal')
     SELECT toInt32(sum(l.calls)) AS calls, toInt32(countIf(kind = 'charge' AND entry_id NOT IN undone)) AS charges
     FROM ledger AS l WHERE trace_id = {traceId:String}`,
    { traceId: traceId() },
  );
  return row;
}

interface Times {
  sinceMs?: number;
  throughMs?: number;
}

async function settleWith(writers: string[], times: Times = {}): Promise<void> {
  const { sinceMs = ledger.clockMs, throughMs = ledger.clockMs } = times;
  const debt = { writer: 'gone', name: 'gone', sinceMs, stored: { writers, throughMs } };
  ledger.ownership = {
    ...SOLE_OWNER,
    debts: () => [debt],
    forgive: async (debts) => void forgiven.push(...debts),
  };
  ledger.clockMs += 5_000;
  await ledger.settle();
}

it('is looked at once all of it is stored, and taken back', async () => {
  const writer = await correctedTwice();
  expect(await standing()).toEqual({ calls: 1, charges: 2 });
  await settleWith([writer]);
  expect(await standing()).toEqual({ calls: 1, charges: 1 });
  expect(forgiven).toMatchObject([{ writer: 'gone' }]);
});

it('is looked at although the clock of who says that all is stored is behind', async () => {
  const writer = await correctedTwice();
  await settleWith([writer], { throughMs: ledger.clockMs - 3_600_000 });
  expect(await standing()).toEqual({ calls: 1, charges: 1 });
});

it('is not looked at by itself, and not for entries of others or of another time', async () => {
  const writer = await correctedTwice();
  ledger.clockMs += 5_000;
  await ledger.settle();
  await settleWith(['someone']);
  await settleWith([writer], { sinceMs: ledger.clockMs + 3_600_000 });
  expect(await standing()).toEqual({ calls: 1, charges: 2 });
});
