import { expect, test } from 'vitest';
import { originOf } from './call-origin.ts';

const CASES: readonly (readonly [
  baseURL: string,
  provider: string,
  address: string,
  port: number,
])[] = [
  ['https://api.openai.com/v1', 'openai', 'api.openai.com', 443],
  ['https://eu.api.openai.com/v1', 'openai', 'eu.api.openai.com', 443],
  ['https://r.openai.azure.com/openai/v1/', 'azure.ai.openai', 'r.openai.azure.com', 443],
  ['https://api.deepseek.com', 'deepseek', 'api.deepseek.com', 443],
  ['https://api.groq.com/openai/v1', 'groq', 'api.groq.com', 443],
  ['https://api.x.ai/v1', 'x_ai', 'api.x.ai', 443],
  ['https://api.mistral.ai/v1', 'mistral_ai', 'api.mistral.ai', 443],
  ['https://api.perplexity.ai', 'perplexity', 'api.perplexity.ai', 443],
  ['https://openrouter.ai/api/v1', 'openrouter', 'openrouter.ai', 443],
  [
    'https://generativelanguage.googleapis.com/v1beta/openai/',
    'gcp.gemini',
    'generativelanguage.googleapis.com',
    443,
  ],
  [
    'https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1',
    'aws.bedrock',
    'bedrock-runtime.us-west-2.amazonaws.com',
    443,
  ],
  [
    'https://bedrock-mantle.us-east-1.api.aws/openai/v1',
    'aws.bedrock',
    'bedrock-mantle.us-east-1.api.aws',
    443,
  ],
  // Whoever it is speaks OpenAI's API.
  ['http://localhost:8000/v1', 'openai', 'localhost', 8000],
  ['http://models.example/v1', 'openai', 'models.example', 80],
  ['https://notapi.openai.com.example/v1', 'openai', 'notapi.openai.com.example', 443],
];

test.for(CASES)('calls to %s are answered by %s', ([baseURL, provider, address, port]) => {
  expect(originOf({ baseURL })).toEqual({
    provider,
    attributes: { 'server.address': address, 'server.port': port },
  });
});

test('Azure is told by its client, whatever stands before it', () => {
  const gateway = { baseURL: 'https://gateway.example/openai', apiVersion: '2024-10-21' };
  expect(originOf(gateway).provider).toBe('azure.ai.openai');
  expect(originOf({ baseURL: gateway.baseURL }).provider).toBe('openai');
});

test('what is no URL tells no server', () => {
  expect(originOf({ baseURL: 'nowhere' })).toEqual({ provider: 'openai', attributes: {} });
  expect(originOf({})).toEqual({ provider: 'openai', attributes: {} });
});
