import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseInstant } from '../range.ts';
import type { ByteStore } from '../tenant-scope.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { land } from '../testing/landing-rows.ts';
import { openExport } from './export.ts';
import { type ExportName, readExportInput } from './input.ts';

const NOON = parseInstant('2026-08-20T12:00:00Z', 0n);
const HOUR = 'from=2026-08-20T12:00:00Z&to=2026-08-20T13:00:00Z';
const HOSTILE = 'line\nof "it" \u2028 \\ /';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  const facts = { tenant: 'acme', trace: 'a'.repeat(32), span: 'b'.repeat(16) };
  const stored = { ...facts, startNs: NOON, atNs: NOON + 1n, writer: 'w', batch: 1 };
  await land(ledger.store, [
    { ...stored, name: HOSTILE },
    { ...stored, costUsd: '0.5', columns: { in_uncached: 7, feature: HOSTILE, tags: { a: '' } } },
    { ...stored, span: 'c', costUsd: null, columns: { unpriced_reason: 'no_price' } },
  ]);
});
afterAll(() => ledger.close());

async function linesOf(name: ExportName): Promise<readonly string[]> {
  const store: ByteStore = {
    database: ledger.store.database,
    query: (sql, params) => ledger.store.query(sql, params),
    raw: (sql, format, params, settings) => ledger.store.raw(sql, format, params, { settings }),
  };
  const reader = { tenant: 'acme', operator: false };
  const input = readExportInput(name, new URLSearchParams(HOUR), NOON);
  const opened = await openExport({ store, reader, secret: () => Buffer.alloc(32) }, input);
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.bytes()) chunks.push(chunk);
  return Buffer.concat(chunks).toString().trimEnd().split('\n');
}

const rowsOf = async (name: ExportName) => (await linesOf(name)).map((line) => JSON.parse(line));

test('an entry has the members that are known, whatever a text has in it, and no other', async () => {
  const [priced, unpriced] = await rowsOf('ledger');
  expect(priced).toMatchObject({
    feature: HOSTILE,
    in_uncached: 7,
    cost_usd: '0.5',
    tags: { a: '' },
  });
  expect(unpriced).toMatchObject({ span_id: 'c', unpriced_calls: 1, unpriced_reason: 'no_price' });
  expect(Object.keys(priced)).not.toContain('unpriced_reason');
  for (const name of ['cost_usd', 'in_uncached', 'feature', 'reverses']) {
    expect(Object.keys(unpriced)).not.toContain(name);
  }
});

test.for(['ledger', 'spans', 'costs'] as const)(
  'no member of a row of %s is null',
  async (name) => {
    const values = (await rowsOf(name)).flatMap((row) => Object.values(row));
    expect(values.length).toBeGreaterThan(10);
    expect(values).not.toContain(null);
  },
);

test('a row of focus has every column, as FOCUS wants', async () => {
  const [row] = await rowsOf('focus');
  expect(row).toMatchObject({ BilledCost: '0.5', InvoiceId: null, ChargeClass: null });
});
