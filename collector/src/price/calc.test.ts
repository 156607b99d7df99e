import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { parseProviderBook } from './book-schema.ts';
import { calcLine, parseInstantNs } from './calc.ts';
import { runPricesCalc } from './calc-command.ts';
import { bucketsOf } from './calc-usage.ts';
import { PriceBook } from './price-book.ts';

const sourced = { source: 'https://example.com/pricing', checked_at: '2026-08-21' };
const acme = parseProviderBook(
  {
    provider: 'acme',
    models: [
      {
        id: 'm',
        prices: [
          {
            valid_until: '2026-01-01T00:00:00Z',
            rates: { in_uncached: '1/M', out_text: '1/M' },
            ...sourced,
          },
          {
            valid_from: '2026-01-01T00:00:00Z',
            rates: { in_uncached: '2/M', out_text: '2/M', audio_seconds: '0.006/60' },
            ...sourced,
          },
        ],
      },
    ],
  },
  'a test',
);
const book = new PriceBook([{ providers: new Map([['acme', () => acme]]) }], 'v1');
const nowNs = 1_782_000_000_000_000_000n;

function calc(line: object): { [key: string]: unknown } {
  return JSON.parse(calcLine(book, JSON.stringify(line), nowNs)) as { [key: string]: unknown };
}
const call = { provider: 'acme', model: 'm', usage: { input_tokens: 1000, output_tokens: 500 } };

describe('a line', () => {
  test('is answered with its cost, lines and book version, its other fields echoed', () => {
    expect(calc({ id: 'a', ...call, tags: ['x'] })).toEqual({
      id: 'a',
      ...call,
      tags: ['x'],
      cost_usd: '0.003',
      list_usd: '0.003',
      cost_basis: 'computed',
      book_version: 'v1',
      lines: [
        {
          key: 'in_uncached',
          quantity: '1000',
          rate: { amount: '2', per: 1_000_000 },
          list_usd: '0.002',
          cost_usd: '0.002',
          price: 'acme/m@2026-01-01T00:00:00Z',
        },
        {
          key: 'out_text',
          quantity: '500',
          rate: { amount: '2', per: 1_000_000 },
          list_usd: '0.001',
          cost_usd: '0.001',
          price: 'acme/m@2026-01-01T00:00:00Z',
        },
      ],
    });
  });

  test('is priced by the book in force at its time, and now without one', () => {
    expect(calc({ ...call, at: '2025-12-31T23:59:59.999Z' })['cost_usd']).toBe('0.0015');
    expect(calc({ ...call, at: '2026-01-01T01:00:00+01:00' })['cost_usd']).toBe('0.003');
    expect(calc(call)['cost_usd']).toBe('0.003');
  });

  test('keeps numbers it does not understand to the last digit', () => {
    const line =
      '{"provider":"acme","model":"m","usage":{"input_tokens":"1"},"big":12345678901234567890.10}';
    expect(calcLine(book, line, nowNs)).toContain('"big":12345678901234567890.10');
  });

  test('takes decimal strings and exact decimals', () => {
    expect(calc({ ...call, usage: { audio_seconds: '61.5' } })['cost_usd']).toBe('0.00615');
    expect(calc({ ...call, usage: { audio_seconds: 61.5 } })['cost_usd']).toBe('0.00615');
    expect(calc({ ...call, usage: { input_tokens: '1000' } })['cost_usd']).toBe('0.002');
  });

  const refused: [string, object, string][] = [
    ['a usage key nobody defined', { usage: { input_tokens: 1, spoons: 1 } }, 'unknown_usage'],
    ['a usage key of the object prototype', { usage: { constructor: 1 } }, 'unknown_usage'],
    [
      'a part larger than its whole',
      { usage: { input_tokens: 100, cache_read_tokens: 200 } },
      'contradictory_usage',
    ],
    [
      'parts that together exceed the whole',
      { usage: { output_tokens: 10, reasoning_tokens: 6, output_audio_tokens: 5 } },
      'contradictory_usage',
    ],
    [
      'a part without its whole',
      { usage: { cache_read_tokens: 5, output_tokens: 1 } },
      'incomplete_usage',
    ],
    ['a negative quantity', { usage: { input_tokens: -1 } }, 'invalid_usage'],
    ['a fraction of a token', { usage: { input_tokens: 1.5 } }, 'invalid_usage'],
    ['a quantity that is not a number', { usage: { input_tokens: 'many' } }, 'invalid_usage'],
    ['no usage', { usage: {} }, 'no_usage'],
    ['usage of nulls', { usage: { input_tokens: null } }, 'no_usage'],
    ['a context key nobody defined', { context: { weather: 'rain' } }, 'unknown_context'],
    ['a context value of the wrong type', { context: { batch: 'perhaps' } }, 'invalid_context'],
    ['an instant that is not one', { at: 'yesterday' }, 'invalid_at'],
    ['an unknown model', { model: 'm2' }, 'unknown_model'],
    ['an unknown provider', { provider: 'emca' }, 'unknown_provider'],
    ['no model', { model: null }, 'unknown_model'],
  ];
  test.for(refused)('with %s has no cost and the reason', ([, more, reason]) => {
    const answer = calc({ ...call, ...more });
    expect(answer).toMatchObject({ cost_usd: null, reason });
    expect(answer['detail']).toBeTypeOf('string');
  });

  test('that only declares tools is not charged for them', () => {
    expect(calc({ ...call, context: { tools_declared: ['web_search'] } })['cost_usd']).toBe(
      '0.003',
    );
  });
});

describe('inclusive usage becomes disjoint buckets', () => {
  const cases: [string, object, object][] = [
    [
      'audio inside input and inside the cache',
      {
        input_tokens: '1300',
        input_audio_tokens: '1000',
        cache_read_tokens: '300',
        cache_read_audio_tokens: '200',
      },
      { in_uncached: 200n, in_audio: 800n, in_cache_read: 100n, in_cache_read_audio: 200n },
    ],
    [
      'writes with and without a told TTL',
      {
        input_tokens: '100',
        cache_write_tokens: '60',
        cache_write_5m_tokens: '20',
        cache_write_1h_tokens: '10',
      },
      { in_uncached: 40n, in_cache_write: 30n, in_cache_write_5m: 20n, in_cache_write_1h: 10n },
    ],
    [
      'reasoning inside and outside of output',
      {
        output_tokens: '10',
        reasoning_tokens: '4',
        reasoning_tokens_separate: '7',
        citation_tokens: '3',
      },
      { out_text: 6n, out_reasoning: 11n, in_citation: 3n },
    ],
    ['a fraction of a second', { audio_seconds: '0.000000001' }, { audio_seconds: 1n }],
  ];
  test.for(cases)('%s', ([, told, usage]) => {
    expect(bucketsOf(told as { [key: string]: unknown })).toMatchObject({ usage });
  });
});

describe('instants', () => {
  test.for([
    ['1970-01-01T00:00:00.000000001Z', 1n],
    ['1970-01-01T01:00:00+01:00', 0n],
    ['2026-02-30T00:00:00Z', undefined],
    ['2026-01-01', undefined],
  ] as const)('%s', ([text, expected]) => {
    expect(parseInstantNs(text)).toBe(expected);
  });
});

describe('the command', () => {
  const run = async (text: string) => {
    let output = '';
    const write = (part: string) => {
      output += part;
    };
    const count = await runPricesCalc({ input: Readable.from([text]), write, nowNs, book });
    return { count, output };
  };

  test('answers line by line in order and skips blank lines', async () => {
    const lines = [1, 2, 3].map((id) => JSON.stringify({ id, ...call })).join('\n\n');
    const { count, output } = await run(`${lines}\n`);
    const ids = output
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: number }).id);
    expect([count, ids]).toEqual([3, [1, 2, 3]]);
  });

  test('ends on a line that is not JSON and names it', async () => {
    await expect(run(`${JSON.stringify(call)}\nnonsense\n`)).rejects.toThrow(
      /input line 2 cannot be read/,
    );
    await expect(run('[1]\n')).rejects.toThrow(/input line 1 .*JSON object/);
  });
});
