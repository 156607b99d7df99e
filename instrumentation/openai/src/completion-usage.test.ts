import { describe, expect, test } from 'vitest';
import { type CompletionUsage, completionUsage } from './completion-usage.ts';

type Told = ReturnType<typeof completionUsage>;

const CASES: readonly (readonly [
  provider: string,
  what: string,
  usage: CompletionUsage,
  told: Told,
])[] = [
  [
    'openai',
    'everything, with reasoning in the output and cached tokens in the input',
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: {
        cached_tokens: 64,
        cache_write_tokens: 8,
        audio_tokens: 3,
        image_tokens: 4,
      },
      completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 5, image_tokens: 6 },
    },
    {
      inputTokens: 100,
      cacheReadTokens: 64,
      cacheWriteTokens: 8,
      inputAudioTokens: 3,
      inputImageTokens: 4,
      outputTokens: 50,
      reasoningTokens: 20,
      outputAudioTokens: 5,
      outputImageTokens: 6,
    },
  ],
  [
    'openai',
    'a 0, which is a fact',
    { prompt_tokens: 10, completion_tokens: 0 },
    { inputTokens: 10, outputTokens: 0 },
  ],
  ['openai', 'no details', { prompt_tokens: 10, prompt_tokens_details: null }, { inputTokens: 10 }],
  ['openai', 'what is no number', { prompt_tokens: '10', completion_tokens: -1 }, {}],
  [
    'x_ai',
    'reasoning beside the output, as the total shows',
    {
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      completion_tokens_details: { reasoning_tokens: 94 },
    },
    { inputTokens: 32, outputTokens: 103, reasoningTokens: 94 },
  ],
  [
    'deepseek',
    'cache hits by their own name',
    { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, prompt_cache_hit_tokens: 64 },
    { inputTokens: 100, cacheReadTokens: 64, outputTokens: 5 },
  ],
  [
    'moonshot_ai',
    'cached tokens beside the others',
    { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, cached_tokens: 32 },
    { inputTokens: 100, cacheReadTokens: 32, outputTokens: 5 },
  ],
  [
    'gcp.gemini',
    'thoughts in the total only',
    { prompt_tokens: 10, completion_tokens: 20, total_tokens: 95 },
    { inputTokens: 10, outputTokens: 85 },
  ],
  [
    'openai',
    'a total that nobody explains, which is not guessed at',
    { prompt_tokens: 10, completion_tokens: 20, total_tokens: 95 },
    { inputTokens: 10, outputTokens: 20 },
  ],
  [
    'perplexity',
    'reasoning, citations and searches beside the total',
    {
      prompt_tokens: 9,
      completion_tokens: 395,
      total_tokens: 404,
      citation_tokens: 2000,
      reasoning_tokens: 3000,
      num_search_queries: 8,
    },
    {
      inputTokens: 9,
      citationTokens: 2000,
      outputTokens: 3395,
      reasoningTokens: 3000,
      webSearches: 8,
    },
  ],
];

describe('usage of chat completions', () => {
  test.for(CASES)('%s tells %s', ([provider, , usage, told]) => {
    const known = Object.entries(completionUsage(usage, provider)).filter(
      ([, value]) => value !== undefined,
    );
    expect(Object.fromEntries(known)).toEqual(told);
  });
});
