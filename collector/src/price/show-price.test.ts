import { expect, test } from 'vitest';
import { priceText } from '../cli/price-text.ts';
import { parseProviderBook } from './book-schema.ts';
import { calcLine } from './calc.ts';
import { instantNs } from './compile-book.ts';
import { loadPriceBook } from './load-book.ts';
import { PriceBook } from './price-book.ts';
import { showPrice } from './show-price.ts';

const atNs = instantNs('2026-08-20T12:00:00Z');
const sourced = { source: 'https://example.com/pricing', checked_at: '2026-08-21' };
const unverified = 'the page was not found; a mirror of 2025 has it';
const acme = parseProviderBook(
  {
    provider: 'acme',
    aliases: [{ alias: 'latest', to: 'm', ...sourced, unverified: 'the day it moved is not told' }],
    multipliers: [{ id: 'batch', when: { batch: 'true' }, factor: '0.5', ...sourced, unverified }],
    models: [
      {
        id: 'm',
        prices: [
          { rates: { in_uncached: '1/M' }, ...sourced },
          { rates: { out_text: '2/M' }, ...sourced, unverified },
        ],
      },
    ],
  },
  'a test',
);
const book = new PriceBook([{ providers: new Map([['acme', () => acme]]) }], 'v1');

test.for([
  ['gpt-4o', 'openai'],
  ['claude-sonnet-4-5', 'anthropic'],
  ['gemini-2.5-pro', 'google'],
  ['grok-4.3', 'xai'],
] as const)('the maker of %s is shown first: %s', async ([model, maker]) => {
  const { rows } = await showPrice(loadPriceBook(), { model, provider: null, atNs });
  expect(rows[0]?.provider).toBe(maker);
  const others = rows.slice(1).map(({ provider }) => provider);
  expect(others).toEqual([...others].sort());
});

test('what no source says is shown with the price, its factors and its alias', async () => {
  const answer = await showPrice(book, { model: 'latest', provider: 'acme', atNs });
  const [offer] = answer.rows;
  expect(offer?.rates.map(({ usage_key, unverified }) => [usage_key, unverified])).toEqual([
    ['in_uncached', null],
    ['in_image', null],
    ['in_video', null],
    ['in_tool_use', null],
    ['out_text', unverified],
    ['out_reasoning', unverified],
  ]);
  expect(offer?.factors).toMatchObject([{ id: 'batch', unverified }]);
  const text = priceText(answer);
  expect(text).toMatch(/out_text +2 +1000000 .*NOT VERIFIED/);
  expect(text).toMatch(/× 0\.5 .*NOT VERIFIED/);
  expect(text).toContain(
    `Not verified by a source:\n    the day it moved is not told\n    ${unverified}\n`,
  );
});

test('a charge line says that its price, or a factor on it, has no source', () => {
  const lines = (context: object) => {
    const call = { provider: 'acme', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } };
    const answer = JSON.parse(calcLine(book, JSON.stringify({ ...call, context }), atNs)) as {
      lines: { key: string; unverified?: true }[];
    };
    return answer.lines.map(({ key, unverified }) => [key, unverified === true]);
  };
  expect(lines({})).toEqual([
    ['in_uncached', false],
    ['out_text', true],
  ]);
  expect(lines({ batch: true })).toEqual([
    ['in_uncached', true],
    ['out_text', true],
  ]);
});
