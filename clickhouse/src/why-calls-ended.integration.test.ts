/** Why a call ended: what `spans` makes of attributes when a row comes, and of those of a part without the columns. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeAddress, type TestEngine } from './engine/test-engine.ts';
import { startMigratedEngine } from './engine/test-migrated-engine.ts';
import { quoteString } from './sql-text.ts';
import { createStore, type Store } from './store.ts';

let engine: TestEngine;
let store: Store;
beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

interface Case {
  readonly name: string;
  readonly role?: 'leaf' | 'aggregate' | 'not_llm';
  readonly attributes: Readonly<Record<string, string>>;
  readonly finish?: string;
  readonly error?: string;
}

const LONG = 'x'.repeat(257);
const CASES: Case[] = [
  { name: 'nothing is told', attributes: { 'gen_ai.request.model': 'gpt-4o' } },
  { name: 'there are no attributes', attributes: {} },
  ...[
    'gen_ai.response.finish_reasons',
    'gen_ai.response.finish_reason',
    'ai.response.finishReason',
    'llm.finish_reason',
    'gen_ai.completion.0.finish_reason',
    'llm.response.finish_reason',
    'llm.response.stop_reason',
    'anthropic.message.stop_reason',
    'llm.anthropic.stop_reason',
    'stop_reason',
  ].map((key) => ({ name: key, attributes: { [key]: 'max_tokens' }, finish: 'max_tokens' })),
  {
    name: 'a list stays as it was told',
    attributes: { 'gen_ai.response.finish_reasons': '["stop","length"]' },
    finish: '["stop","length"]',
  },
  {
    name: 'the first that says something counts',
    attributes: {
      'llm.finish_reason': '',
      stop_reason: 'end_turn',
      'ai.response.finishReason': 'x',
    },
    finish: 'end_turn',
  },
  {
    name: 'an aggregate tells it too',
    role: 'aggregate',
    attributes: { 'gen_ai.response.finish_reasons': 'stop', 'error.type': '429' },
    finish: 'stop',
    error: '429',
  },
  {
    name: 'a span that is no call has none',
    role: 'not_llm',
    attributes: { stop_reason: 'brake', 'error.type': '500' },
  },
  {
    name: 'what is hidden is no reason, and another name may tell it',
    attributes: {
      'gen_ai.response.finish_reasons': 'redacted bytes=900 fingerprint=00',
      stop_reason: 'stop',
      'error.type': 'redacted bytes=300 expired',
    },
    finish: 'stop',
  },
  {
    name: 'a text is a reason up to 256 bytes',
    attributes: { stop_reason: LONG.slice(1), 'error.type': LONG },
    finish: LONG.slice(1),
  },
  {
    name: 'it may be equal to the user, which is stored once',
    attributes: { 'user.id': 'ann', stop_reason: 'ann', 'error.type': 'ann' },
    finish: 'ann',
    error: 'ann',
  },
];

const mapSql = (pairs: Readonly<Record<string, string>>): string =>
  `CAST((${listSql(Object.keys(pairs))}, ${listSql(Object.values(pairs))}), 'Map(String, String)')`;
const listSql = (texts: readonly string[]): string =>
  `CAST([${texts.map(quoteString).join(', ')}], 'Array(String)')`;

test('what was told is told again, whichever way a row came', async () => {
  for (const [i, { role = 'leaf', attributes }] of CASES.entries()) {
    await store.command(
      `INSERT INTO landing (row_kind, tenant, span_id, span_role, user, attributes) SELECT 'span', 'came', '${i}', '${role}', 'ann', ${mapSql(attributes)}`,
    );
  }
  // As a part of before holds them: without the columns.
  await store.command(
    `INSERT INTO spans (tenant, span_ids, role, user, attribute_keys, attribute_values)
     SELECT 'was there', span_ids, role, user, attribute_keys, attribute_values FROM spans WHERE tenant = 'came'`,
  );
  const rows = await store.query<{ tenant: string; span: number; finish: string; error: string }>(
    `SELECT tenant, toUInt32(span_ids) AS span, toString(finish_reason) AS finish, toString(error_type) AS error
     FROM spans ORDER BY tenant, span`,
  );
  const wanted = (tenant: string) =>
    CASES.map(({ name, finish = '', error = '' }) => ({ tenant, name, finish, error }));
  expect(rows.map(({ span, ...told }) => ({ ...told, name: CASES[span]?.name }))).toEqual([
    ...wanted('came'),
    ...wanted('was there'),
  ]);
});
