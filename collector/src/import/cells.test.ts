/** What cells say, and which are refused: no cell is read as something that it may not mean. */
import { describe, expect, test } from 'vitest';
import type { Columns } from './record.ts';
import { callOf, faultOfRow, spanOf } from './test-row.ts';

const AT = '2026-03-01T12:00:00Z';
const AT_NS = 1_772_366_400_000_000_000n;
const row = (columns: Columns): Columns => ({ timestamp: AT, ...columns });

test.each([
  ['12', 12n],
  ['12.0', 12n],
  ['1.000', undefined],
  ['1.00', undefined],
  ['1,000', undefined],
])('%j tokens are %s', (cell, count) => {
  const columns = row({ input_tokens: cell });
  if (count === undefined) expect(faultOfRow('aicost', columns)?.value).toBe(cell);
  else expect(callOf('aicost', columns)?.usage?.inputTokens).toBe(count);
});

test.each([
  ['0.123456789012345678', 123_456_789_012_345_678n],
  ['1.5e-05', 15_000_000_000_000n],
  ['1e-100', 0n],
  ['0E-6176', 0n],
  ['1E-6176', undefined],
  ['1e400', undefined],
])('a cost of %s is so many atto-dollars: %s', (cell, atto) => {
  const columns = row({ cost_usd: cell });
  if (atto === undefined) expect(faultOfRow('aicost', columns)?.value).toBe(cell);
  else expect(callOf('aicost', columns)?.reportedAtto).toBe(atto);
});

test('an amount within JSON of a cell keeps its digits', () => {
  const amount = '{"value":0.123456789012345678,"currency":"usd"}';
  const call = callOf('openai-costs', { start_time: '1772366400', amount });
  expect(call?.reportedAtto).toBe(123_456_789_012_345_678n);
});

describe('times', () => {
  test.each(['9999-12-31T00:00:00Z', '2262-04-11T23:47:16.9Z'])('%s is too late', (timestamp) => {
    expect(faultOfRow('aicost', { timestamp })).toEqual({
      column: 'timestamp',
      value: timestamp,
      expected: 'a time before 2262-04-11',
    });
  });

  test.each([
    [{ end_time: '2026-03-01T12:00:01Z' }, AT_NS + 1_000_000_000n],
    [{ end_time: '9999-12-31T00:00:00Z' }, AT_NS],
    [{ end_time: '9999-12-31T00:00:00Z', duration_ms: '5' }, AT_NS + 5_000_000n],
    [{ duration_ms: '-5' }, AT_NS],
    [{ duration_ms: '-0.5' }, AT_NS],
    [{ duration_ms: '999999999999' }, AT_NS + 999_999_999_999_000_000n],
    [{ duration_ms: '99999999999999999' }, AT_NS],
    [{ timestamp: '2262-01-01T00:00:00Z', duration_ms: '999999999999' }, 9214646400000000000n],
  ])('%j ends at %s', (columns, endNs) => {
    expect(spanOf('aicost', row(columns)).endNs).toBe(endNs);
  });

  test('an end that is no time is refused', () => {
    expect(faultOfRow('aicost', row({ end_time: 'soon' }))?.column).toBe('end_time');
  });
});

describe('two names of one column', () => {
  test.each([
    [{ input_tokens: '5', prompt_tokens: '6' }, 'prompt_tokens', '5, which is input_tokens'],
    [{ project: 'a', tenant: 'b' }, 'project', 'b, which is tenant'],
    [{ inputTokens: '5', input_tokens: '6' }, 'input_tokens', '5, which is inputTokens'],
  ])('%j say two things', (columns, column, expected) => {
    expect(faultOfRow('aicost', row(columns))).toMatchObject({
      column,
      expected: expect.stringContaining(expected),
    });
  });

  test('may say the same', () => {
    const call = callOf('aicost', row({ input_tokens: '5', prompt_tokens: ' 5 ' }));
    expect(call?.usage?.inputTokens).toBe(5n);
  });

  test('of others the first is taken: they have columns we do not know', () => {
    const columns = { startTime: AT, team_id: 'a', metadata: { user_api_key_team_id: 'b' } };
    expect(spanOf('litellm', columns).attributes.get('litellm.team.id')).toEqual({
      stringValue: 'a',
    });
  });
});

describe('tags in one cell', () => {
  test.each([['{"team":"core","empty":"","n":1.50}'], [{ team: 'core', n: '1.50' }]])(
    '%j',
    (tags) => {
      expect(callOf('aicost', row({ tags }))?.attribution.tags).toEqual(
        expect.arrayContaining([
          ['team', 'core'],
          ['n', '1.50'],
        ]),
      );
    },
  );

  test.each([['team=core'], ['["core"]'], [['core']], ['{"team":']])('%j are refused', (tags) => {
    expect(faultOfRow('aicost', row({ tags }))).toMatchObject({
      column: 'tags',
      expected: 'a JSON object',
    });
  });
});

describe('parts of OpenAI’s usage', () => {
  const bucket = { start_time: '1772366400', model: 'gpt-4o', output_tokens: '10' };

  test.each<[string, Columns, object]>([
    [
      'today totals hold their parts',
      {
        ...{ input_tokens: '1000', input_text_tokens: '500', input_cached_tokens: '300' },
        ...{ input_audio_tokens: '100', input_cached_audio_tokens: '50' },
        ...{ input_image_tokens: '70', input_cached_image_tokens: '20' },
        ...{ input_cache_write_tokens: '30', output_text_tokens: '4' },
        ...{ output_audio_tokens: '5', output_image_tokens: '1' },
      },
      {
        ...{ in_uncached: 500n, in_cache_read: 250n, in_cache_read_audio: 50n },
        ...{ in_cache_write: 30n, in_audio: 100n, in_image: 70n },
        ...{ out_text: 4n, out_audio: 5n, out_image: 1n },
      },
    ],
    [
      'before, audio stood beside them',
      { input_tokens: '100', input_cached_tokens: '80', input_audio_tokens: '500' },
      { in_uncached: 20n, in_cache_read: 80n, in_audio: 500n, out_text: 10n },
    ],
    [
      'in the output too',
      { input_tokens: '100', output_audio_tokens: '40' },
      { in_uncached: 100n, out_text: 10n, out_audio: 40n },
    ],
  ])('%s', (_, columns, buckets) => {
    expect(callOf('openai-usage', { ...bucket, ...columns })?.usage?.buckets).toEqual(buckets);
  });
});
