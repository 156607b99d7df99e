import type { Attributes } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { fillConditions } from './call-conditions.ts';
import { type CallUsage, fillUsage } from './usage.ts';

const usageAttributes = (usage: CallUsage): Attributes => {
  const attributes: Attributes = {};
  fillUsage(attributes, usage);
  return attributes;
};

describe('usage as attributes', () => {
  test.for<[string, CallUsage, Attributes]>([
    ['nothing told, nothing sent', {}, {}],
    [
      'unknown is not sent',
      { inputTokens: undefined, outputTokens: 5 },
      {
        'gen_ai.usage.output_tokens': 5,
      },
    ],
    ['a 0 is a fact', { cacheReadTokens: 0 }, { 'gen_ai.usage.cache_read.input_tokens': 0 }],
    [
      'what is no number is not sent',
      { inputTokens: Number.NaN, images: 1 },
      {
        'aicost.usage.images': 1,
      },
    ],
    [
      'cache writes are told in all and by their lifetime',
      { cacheWriteTokens: 30, cacheWrite5mTokens: 10, cacheWrite1hTokens: 20 },
      {
        'gen_ai.usage.cache_write.input_tokens': 30,
        'aicost.usage.cache_write_5m_tokens': 10,
        'aicost.usage.cache_write_1h_tokens': 20,
      },
    ],
    ['a fraction stays one', { audioSeconds: 1.25 }, { 'aicost.usage.audio_seconds': 1.25 }],
  ])('%s', ([, usage, attributes]) => {
    expect(usageAttributes(usage)).toEqual(attributes);
  });

  test('what a provider writes in place of a number is not sent', () => {
    const odd = { inputTokens: '12', outputTokens: null, unknownName: 3 } as unknown as CallUsage;
    expect(usageAttributes(odd)).toEqual({});
  });
});

test('conditions are told where they are known', () => {
  const attributes: Attributes = {};
  fillConditions(attributes, {
    serviceTier: 'flex',
    isBatch: true,
    speed: undefined,
    region: 'eu-west-1',
    inferenceGeo: 'us',
    searchContextSize: 'high',
  });
  expect(attributes).toEqual({
    'aicost.service_tier': 'flex',
    'aicost.batch': true,
    'aicost.region': 'eu-west-1',
    'aicost.inference_geo': 'us',
    'aicost.search_context_size': 'high',
  });
});
