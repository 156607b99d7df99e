/** The collector tells providers by their host where a span does not; both must say the same. */

import { normaliseProvider } from '@ai-cost-profiler/collector/normalise/providers.ts';
import { originOf } from '@ai-cost-profiler/openai/call-origin.ts';
import { expect, test } from 'vitest';

const HOSTS = [
  'api.openai.com',
  'r.openai.azure.com',
  'r.services.ai.azure.com',
  'api.anthropic.com',
  'generativelanguage.googleapis.com',
  'us-central1-aiplatform.googleapis.com',
  'bedrock-runtime.us-east-1.amazonaws.com',
  'api.mistral.ai',
  'api.groq.com',
  'api.deepseek.com',
  'api.x.ai',
  'api.cohere.com',
  'api.perplexity.ai',
  'openrouter.ai',
  'api.together.xyz',
  'api.fireworks.ai',
  'api.deepinfra.com',
  'api.moonshot.ai',
];

test.for(HOSTS)('%s is the same provider to the instrumentation and the collector', (host) => {
  const { provider } = originOf({ baseURL: `https://${host}/v1` });
  expect(normaliseProvider(undefined, host)).toBe(provider);
  // And the name that is sent is known there.
  expect(normaliseProvider(provider, undefined)).toBe(provider);
});
