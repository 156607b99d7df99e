import { expect, test } from 'vitest';
import { normaliseProvider, providerOfModel } from './providers.ts';
import { callOf, type TestSpan } from './test-span.ts';

test.for<[string | undefined, string | undefined, string]>([
  ['openai', undefined, 'openai'],
  ['OpenAI', undefined, 'openai'],
  ['openai.chat', undefined, 'openai'],
  ['az.ai.openai', undefined, 'azure.ai.openai'],
  ['azure-openai.chat', undefined, 'azure.ai.openai'],
  ['google.vertex.chat', undefined, 'gcp.vertex_ai'],
  ['google.generative-ai', undefined, 'gcp.gemini'],
  ['google', 'generativelanguage.googleapis.com', 'gcp.gemini'],
  ['google', undefined, 'gcp.gen_ai'],
  ['AWS', undefined, 'aws.bedrock'],
  ['langchain', undefined, ''],
  ['langchain', 'api.anthropic.com', 'anthropic'],
  [undefined, 'bedrock-runtime.eu-central-1.amazonaws.com', 'aws.bedrock'],
  [undefined, 'evil-api.openai.com.example.org', ''],
  [undefined, undefined, ''],
  ['house-gateway', 'api.openai.com', 'house-gateway'],
])('provider %j at host %j is %j', ([raw, host, expected]) => {
  expect(normaliseProvider(raw, host)).toBe(expected);
});

test.for([
  ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'aws.bedrock'],
  ['amazon.nova-pro-v1:0', 'aws.bedrock'],
  ['arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2', 'aws.bedrock'],
  ['claude-sonnet-4-5', ''],
  ['anthropic.claude', ''],
  ['llama3.1:8b', ''],
  ['', ''],
] as const)('the model %j alone tells the provider %j', ([model, expected]) => {
  expect(providerOfModel(model)).toBe(expected);
});

test.for<[what: string, span: Partial<TestSpan>, provider: string]>([
  ['the resource', { resource: { 'gen_ai.provider.name': 'azure_openai' } }, 'azure.ai.openai'],
  ['the host', { attributes: { 'server.address': 'api.openai.com' } }, 'openai'],
  [
    'the span before the resource',
    {
      attributes: { 'gen_ai.provider.name': 'openai' },
      resource: { 'gen_ai.system': 'anthropic' },
    },
    'openai',
  ],
  [
    'the resource where the span names a framework',
    { attributes: { 'gen_ai.system': 'crewai' }, resource: { 'gen_ai.system': 'anthropic' } },
    'anthropic',
  ],
  ['nobody', {}, ''],
])('who bills is told by %s', ([, told, provider]) => {
  const attributes = { 'gen_ai.operation.name': 'chat', ...told.attributes };
  expect(callOf({ ...told, attributes })!.provider).toBe(provider);
});
