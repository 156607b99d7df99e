import { describe, expect, it } from 'vitest';
import { countsOf, finishReasonOf, idOf, type ModelBody, metricsOf } from './model-body.ts';

const told = (counts: object): object =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));

/** Beside those that the end-to-end tests send. */
const BODIES: readonly (readonly [string, ModelBody, object])[] = [
  [
    'a Titan with several results',
    { inputTextTokenCount: 3, results: [{ tokenCount: 4 }, { tokenCount: 5 }] },
    { input: 3, output: 9 },
  ],
  [
    'a Titan of which one result tells nothing',
    { inputTextTokenCount: 3, results: [{ tokenCount: 4 }, {}] },
    { input: 3 },
  ],
  [
    'a Jamba',
    { choices: [{}], usage: { prompt_tokens: 3, completion_tokens: 4 } },
    { input: 3, output: 4, isInclusive: true },
  ],
  [
    'one that tells no details',
    { usage: { prompt_tokens: 3, prompt_tokens_details: null } },
    { input: 3, isInclusive: true },
  ],
  ['one that tells nothing', { generations: [] } as ModelBody, {}],
  [
    'the beginning of a stream, of which the output is a placeholder',
    { message: { usage: { input_tokens: 3, output_tokens: 1 } } },
    { input: 3 },
  ],
];

describe('the body of an answer', () => {
  it.each(BODIES)('tells what %s used', (_what, body, counts) => {
    expect(told(countsOf(body))).toEqual(counts);
  });

  it('holds what Bedrock measured itself', () => {
    const metrics = { inputTokenCount: 7, outputTokenCount: 126, cacheReadInputTokenCount: 14_486 };
    expect(told(metricsOf({ 'amazon-bedrock-invocationMetrics': metrics }))).toEqual({
      input: 7,
      output: 126,
      cacheRead: 14_486,
    });
    expect(told(metricsOf({}))).toEqual({});
  });

  it.each([
    [{ id: 'a' }, 'a'],
    [{ message: { id: 'b' } }, 'b'],
    [{ response_id: 'c' }, 'c'],
    [{ id: 7 }, undefined],
  ])('is called as %j says', (body, id) => {
    expect(idOf(body)).toBe(id);
  });

  it.each([
    [{ stop_reason: 'end_turn' }, 'end_turn'],
    [{ delta: { stop_reason: 'max_tokens' } }, 'max_tokens'],
    [{ generations: [{ finish_reason: 'COMPLETE' }] }, 'COMPLETE'],
    [{ stop_reason: null, choices: [{ finish_reason: null }] }, undefined],
  ])('ended as %j says', (body, reason) => {
    expect(finishReasonOf(body)).toBe(reason);
  });
});
