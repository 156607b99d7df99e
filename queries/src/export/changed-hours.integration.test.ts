import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { parseInstant } from '../range.ts';
import type { ByteStore } from '../tenant-scope.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { land } from '../testing/landing-rows.ts';
import { openExport } from './export.ts';
import { readExportInput } from './input.ts';

const instant = (text: string) => parseInstant(text, 0n);
const NOON = instant('2026-05-01T12:00:00Z');
const RANGE = 'from=2026-04-30T10:30:00Z&to=2026-05-01T11:00:00Z';
const READER = { tenant: 'acme', operator: false };

let ledger: EmbeddedLedger;
let batch = 0;

beforeEach(async () => {
  ledger ??= await openEmbeddedLedger();
  await ledger.store.command("TRUNCATE ALL TABLES FROM aicost LIKE 'cost%'");
  await ledger.store.command('TRUNCATE TABLE aicost.ledger');
  for (const start of ['04-30T10:45', '04-30T12:10', '05-01T09:10', '05-01T10:10']) {
    await call(start, '0.5');
  }
});
afterAll(() => ledger?.close());

/** A batch of one call. */
async function call(start: string, costUsd: string, model = 'a'): Promise<void> {
  batch += 1;
  const startNs = instant(`2026-${start}:00Z`);
  const ids = { tenant: 'acme', trace: `t${batch}`, span: `s${batch}`, writer: 'w', batch };
  await land(ledger.store, [{ ...ids, startNs, atNs: NOON, costUsd, columns: { model } }]);
}

/** @param before what happens before each statement for sums goes to the engine */
function storeWith(before: () => Promise<void>): ByteStore {
  return {
    database: ledger.store.database,
    query: (sql, params) => ledger.store.query(sql, params),
    raw: async (sql, format, params, settings) => {
      await before();
      return ledger.store.raw(sql, format, params, { settings });
    },
  };
}

async function openCosts(before: () => Promise<void>, more = '') {
  const input = readExportInput('costs', new URLSearchParams(`${RANGE}${more}`), NOON);
  const context = { store: storeWith(before), reader: READER, secret: () => Buffer.alloc(32) };
  return openExport(context, input);
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const totalOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => parseUsd(JSON.parse(line).cost_usd))
    .reduce((sum, cost) => sum + cost, 0n);

const nothing = async () => undefined;

test('calls that come after an export began are not in its sums, in any hour', async () => {
  const asked = await openCosts(nothing);
  for (const start of ['04-30T10:45', '04-30T12:10', '05-01T10:10', '05-01T10:10', '04-30T20:00']) {
    await call(start, '7');
  }
  await call('05-01T10:20', '7', 'b');
  const text = await textOf(asked.bytes());
  expect(totalOf(text)).toBe(parseUsd('2'));
  expect(text.trimEnd().split('\n')).toHaveLength(4);

  const resume = `&resume=${asked.resumeToken}&offset_bytes=0`;
  expect(await textOf((await openCosts(nothing, resume)).bytes())).toBe(text);
});

test('a call that comes between the reading of the hours and of their sums is not in them either', async () => {
  let isLate = false;
  const asked = await openCosts(async () => {
    if (isLate) return;
    isLate = true;
    await call('04-30T12:20', '7');
  });
  expect(totalOf(await textOf(asked.bytes()))).toBe(parseUsd('2'));
  expect(isLate).toBe(true);
});

test('an export between whose readings calls come each time ends, and never with their sums', async () => {
  const asked = await openCosts(() => call('04-30T12:20', '7'));
  // The hour is the ledger's from the second time on.
  expect(totalOf(await textOf(asked.bytes()))).toBe(parseUsd('2'));

  let hour = 11;
  const everElse = await openCosts(() => call(`04-30T${hour++}:20`, '7'));
  await expect(textOf(everElse.bytes())).rejects.toThrow('throwIf');
});
