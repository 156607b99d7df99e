import { describe, expect, it, test } from 'vitest';
import {
  type AnthropicUsage,
  conditionsOf,
  innerCallsOf,
  replaceUsage,
  usageOf,
} from './message-usage.ts';

/** Only what is told. */
const told = (usage: object) => JSON.parse(JSON.stringify(usage)) as unknown;

describe('the usage of a message', () => {
  test.for<[string, AnthropicUsage, object]>([
    ['is nothing where nothing is told', {}, {}],
    ['is nothing where null is told', { input_tokens: null, cache_creation: null }, {}],
    [
      'is zero only where zero is told',
      { input_tokens: 0, output_tokens: 0 },
      { inputTokens: 0, outputTokens: 0 },
    ],
    [
      'has everything that went in as its input',
      { input_tokens: 1, cache_read_input_tokens: 20, cache_creation_input_tokens: 300 },
      { inputTokens: 321, cacheReadTokens: 20, cacheWriteTokens: 300 },
    ],
    [
      'has no input where only the cache is told',
      { cache_read_input_tokens: 20 },
      { cacheReadTokens: 20 },
    ],
    [
      'has the cache writes by their lifetime',
      { cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2 } },
      { cacheWrite5mTokens: 1, cacheWrite1hTokens: 2 },
    ],
    [
      'has the thoughts within the output',
      { output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } },
      { outputTokens: 9, reasoningTokens: 4 },
    ],
    [
      'counts what tools of the server did',
      {
        server_tool_use: {
          web_search_requests: 1,
          web_fetch_requests: 2,
          code_execution_requests: 3,
        },
      },
      { webSearches: 1, webFetches: 2, codeExecutions: 3 },
    ],
  ])('%s', ([, usage, expected]) => {
    expect(told(usageOf(usage))).toEqual(expected);
  });

  it('tells how it was served', () => {
    const usage = { service_tier: 'priority', speed: 'fast', inference_geo: 'us' };
    const served = { region: 'eu-west-1' };
    expect(conditionsOf(usage, served)).toEqual({
      region: 'eu-west-1',
      serviceTier: 'priority',
      speed: 'fast',
      inferenceGeo: 'us',
    });
  });
});

describe('the usage of a stream', () => {
  const START: AnthropicUsage = {
    input_tokens: 12,
    cache_creation_input_tokens: 300,
    cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 0 },
  };

  test.for<[string, AnthropicUsage, AnthropicUsage]>([
    ['keeps what is not told again', { output_tokens: 5 }, { ...START, output_tokens: 5 }],
    ['keeps what is null later', { input_tokens: null }, START],
    ['takes later totals', { input_tokens: 99 }, { ...START, input_tokens: 99 }],
    [
      'forgets the lifetimes where more was written, for they are those of the beginning',
      { cache_creation_input_tokens: 450 },
      { input_tokens: 12, cache_creation_input_tokens: 450 },
    ],
    [
      'keeps them where nothing more was',
      { cache_creation_input_tokens: 300, output_tokens: 5 },
      { ...START, output_tokens: 5 },
    ],
    [
      'takes new lifetimes',
      { cache_creation_input_tokens: 450, cache_creation: { ephemeral_5m_input_tokens: 450 } },
      {
        input_tokens: 12,
        cache_creation_input_tokens: 450,
        cache_creation: { ephemeral_5m_input_tokens: 450 },
      },
    ],
  ])('%s', ([, now, expected]) => {
    expect(told(replaceUsage(START, now))).toEqual(expected);
  });
});

describe('calls within a message', () => {
  const conditions = { serviceTier: 'standard' };
  const served = { id: 'msg_1', model: 'claude-opus-5', conditions };

  it('are the runs that its usage leaves out, each with an id of its own', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 5, output_tokens: 1 },
      { type: 'message', input_tokens: 12, output_tokens: 3 },
      { type: 'advisor_message', model: 'claude-opus-4-1', input_tokens: 7, output_tokens: 2 },
      { type: 'fallback_message', model: 'claude-opus-4-1', input_tokens: 7, output_tokens: 2 },
    ];
    expect(innerCallsOf({ iterations }, served)).toMatchObject([
      { id: 'msg_1/compaction-1', model: 'claude-opus-5', usage: { inputTokens: 5 }, conditions },
      { id: 'msg_1/advisor_message-2', model: 'claude-opus-4-1', usage: { outputTokens: 2 } },
    ]);
  });

  it.each([{}, { iterations: null }, { iterations: [] }])('are none in %j', (usage) => {
    expect(innerCallsOf(usage, served)).toEqual([]);
  });
});
