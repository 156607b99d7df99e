/** What a row is known by, and what of it is looked at. */
import { describe, expect, test } from 'vitest';
import { type Columns, ImportRecord } from './record.ts';
import { ownIdCell, prunerOf } from './row-identity.ts';
import { sourceNamed } from './sources.ts';
import { spanOf } from './test-row.ts';

const BUCKET = {
  start_time: '1772366400',
  end_time: '1772452800',
  model: 'gpt-4o-2024-08-06',
  input_tokens: '1000',
  output_tokens: '500',
  project_id: 'proj_1',
};
const COSTS = {
  start_time: '1772366400',
  amount: { value: '0.06', currency: 'usd' },
  line_item: 'gpt-4o, input',
};

describe('a bucket of OpenAI', () => {
  test.each([
    ['openai-usage', BUCKET, { input_tokens: '2000', num_model_requests: '9' }],
    ['openai-usage', BUCKET, { input_text_tokens: '1000', of_a_later_version: 'x' }],
    ['openai-costs', COSTS, { amount: { value: '0.12', currency: 'usd' } }],
  ])('%s that grew, or tells more, is the same: %j + %j', (source, row, more) => {
    const first = spanOf(source, row);
    expect(spanOf(source, { ...row, ...more }, 1)).toMatchObject({
      spanId: first.spanId,
      traceId: first.traceId,
    });
  });

  test.each<[string, Columns, Columns]>([
    ...[
      'start_time',
      'end_time',
      'model',
      'project_id',
      'user_id',
      'api_key_id',
      'service_tier',
    ].map(
      (name) => ['openai-usage', BUCKET, { [name]: '1772500000' }] as [string, Columns, Columns],
    ),
    ['openai-usage', BUCKET, { batch: 'true' }],
    ...['start_time', 'end_time', 'line_item', 'project_id', 'api_key_id'].map(
      (name) => ['openai-costs', COSTS, { [name]: '1772500000' }] as [string, Columns, Columns],
    ),
  ])('%s with another %o + %o is another', (source, row, more) => {
    expect(spanOf(source, { ...row, ...more }).spanId).not.toBe(spanOf(source, row).spanId);
  });
});

test('a row has one id, whether its other columns were left where they are or not', () => {
  const row = { startTime: '2026-03-01T12:00:00Z', model: 'm', prompt_tokens: '5' };
  const whole = { ...row, messages: 'secret', metadata: '{"usage_object":{"a":1},"prompt":"x"}' };
  const pruned = prunerOf(sourceNamed('litellm')!)(whole);
  expect(spanOf('litellm', whole).spanId).toBe(spanOf('litellm', pruned).spanId);
});

test.each([
  [
    'litellm',
    {
      messages: 'secret',
      metadata: '{"usage_object":{"prompt_tokens":1},"requester_metadata":{"prompt":"secret"}}',
    },
    { metadata: { usage_object: { prompt_tokens: '1' } } },
  ],
  ['litellm', { metadata: 'secret', model: 'm' }, { metadata: null, model: 'm' }],
  [
    'langsmith',
    {
      extra: { metadata: { ls_provider: 'openai', note: 'secret' }, runtime: { sdk: 'secret' } },
      inputs: 'secret',
    },
    { extra: { metadata: { ls_provider: 'openai' } } },
  ],
  [
    'helicone',
    { request_properties: { 'Helicone-Session-Id': 's1', note: 'secret' }, request_body: 'secret' },
    { request_properties: { 'Helicone-Session-Id': 's1' } },
  ],
  [
    'openai-costs',
    { 'amount.value': '1', amount: { value: '1', note: 'secret' } },
    { 'amount.value': '1', amount: { value: '1' } },
  ],
])('of a row of %s only what the table names is sent: %j', (source, columns, sent) => {
  expect(prunerOf(sourceNamed(source)!)(columns)).toEqual(sent);
});

test.each([
  [{ id: ' ' }, undefined],
  [{ id: 'a', span_id: '' }, 'a'],
  [{ id: 'a', span_id: 'b' }, 'b'],
  [{ id: 'a', span_id: ' ' }, 'a'],
  [{}, undefined],
])('%j has the id %j', (columns, id) => {
  const found = ownIdCell(sourceNamed('aicost')!, new ImportRecord(columns));
  expect(found?.cell).toBe(id);
  const row = { timestamp: '2026-03-01T12:00:00Z', ...columns };
  const isNumbered = spanOf('aicost', row, 0).spanId !== spanOf('aicost', row, 1).spanId;
  expect(isNumbered).toBe(id === undefined);
});
