import { describe, expect, test } from 'vitest';
import { instantNs } from './compile-book.ts';
import { loadPriceBook } from './load-book.ts';
import { bookProvider } from './provider-names.ts';

const book = loadPriceBook();
const atNs = instantNs('2026-08-20T12:00:00Z');

describe('a provider is known by every name emitters give it', () => {
  test.for([
    ['openai', 'openai'],
    ['OpenAI', 'openai'],
    ['openai.responses', 'openai'],
    ['azure.ai.openai', 'azure'],
    ['az.ai.inference', 'azure'],
    ['azure-openai.chat', 'azure'],
    ['aws.bedrock', 'bedrock'],
    ['amazon-bedrock', 'bedrock'],
    ['AWS', 'bedrock'],
    ['gcp.gemini', 'google'],
    ['google.generative-ai', 'google'],
    ['gcp.vertex_ai', 'vertex'],
    ['google.vertex.chat', 'vertex'],
    ['x_ai', 'xai'],
    ['xai', 'xai'],
    ['mistral_ai', 'mistral'],
    ['mistralai', 'mistral'],
    ['together_ai', 'together'],
    ['moonshot', 'moonshotai'],
    ['dashscope', 'alibaba'],
    ['fireworks_ai', 'fireworks'],
    ['huggingface_groq', 'huggingface-groq'],
  ] as const)('%s is %s', ([told, expected]) => {
    expect(bookProvider(told)).toBe(expected);
    expect(book.layersOf(expected)).not.toEqual([]);
  });
});

describe('a model is known by every way of writing it', () => {
  const profile = 'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/';
  test.for([
    ['openai', 'GPT-4o-2024-08-06', 'gpt-4o'],
    ['openai', 'openai/gpt-4.1', 'gpt-4.1'],
    ['openai', 'ft:gpt-4o-2024-08-06:org::abc', 'ft:gpt-4o'],
    ['openai', 'ft:gpt-4.1-mini-2025-04-14:org::abc', 'ft:gpt-4.1-mini'],
    ['anthropic', 'claude-opus-5-5-20260922', 'claude-opus-5-5'],
    ['anthropic', 'anthropic/claude-3.5-sonnet', 'claude-3-5-sonnet'],
    ['azure', 'eu/gpt-4o-2024-08-06', 'gpt-4o'],
    ['azure', 'azure/us/gpt-4.1', 'gpt-4.1'],
    ['google', 'models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['vertex', 'publishers/google/models/gemini-2.5-flash', 'gemini-2.5-flash'],
    [
      'vertex',
      'projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929',
      'claude-sonnet-4-5',
    ],
    ['vertex', 'gemini-2.0-flash-001', 'gemini-2.0-flash'],
    [
      'bedrock',
      'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      'regional.anthropic.claude-haiku-4-5-20251001-v1:0',
    ],
    [
      'bedrock',
      'global.anthropic.claude-haiku-4-5-20251001-v1:0',
      'global.anthropic.claude-haiku-4-5-20251001-v1:0',
    ],
    [
      'bedrock',
      `${profile}eu.anthropic.claude-sonnet-4-5-20250929-v1:0`,
      'regional.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      'bedrock',
      'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
      'amazon.nova-lite-v1:0',
    ],
    [
      'bedrock',
      'bedrock/us-east-1/anthropic.claude-3-haiku-20240307-v1:0',
      'regional.anthropic.claude-3-haiku-20240307-v1:0',
    ],
    ['fireworks', 'accounts/fireworks/models/deepseek-v4-pro', 'deepseek-v4-pro'],
    ['fireworks', 'deepseek-v4-pro', 'deepseek-v4-pro'],
    ['google', 'gemini-1.5-flash-8b-001', 'gemini-flash-1.5-8b'],
    ['google', 'gemini-2.0-flash-lite-001', 'gemini-2.0-flash-lite'],
    ['bedrock', 'us.anthropic.claude-sonnet-5-5', 'regional.anthropic.claude-sonnet-5-5'],
    ['openrouter', 'openrouter/moonshotai/kimi-k2.7-code', 'moonshotai/kimi-k2.7-code'],
    ['mistral', 'mistral-large-latest', 'mistral-large-2512'],
  ] as const)('%s %s', ([provider, told, id]) => {
    expect(book.find(provider, told, atNs)?.id).toBe(id);
  });

  test.for([
    ['openai', 'gpt-99-nonexistent'],
    ['openai', 'gpt-4o-2099-01-01'],
    ['openai', 'my-gpt-4o'],
    ['azure', 'our-deployment'],
    ['bedrock', 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123'],
    ['google', 'gemini-9-pro'],
    ['google', 'gemini-3.6-flash-lite'],
    ['anthropic', 'claude-sonnet-5-9'],
    ['anthropic', 'claude-opus-4-9-20270101'],
    ['bedrock', 'us.anthropic.claude-sonnet-5-9-v1:0'],
  ] as const)('%s %s stays unknown', ([provider, told]) => {
    expect(book.find(provider, told, atNs)).toBeUndefined();
  });

  test("an Azure prefix tells a data zone, whatever the deployment's own name", () => {
    expect(book.find('azure', 'eu/gpt-4o', atNs)?.deployment).toBe('data_zone');
    expect(book.find('azure', 'global/gpt-4o', atNs)?.deployment).toBeUndefined();
  });
});
