import { expect, test } from 'vitest';
import {
  type AnthropicClient,
  type Platform,
  platformModel,
  platformOf,
} from './client-platform.ts';

test.for<[string, AnthropicClient, Platform]>([
  ['Anthropic', {}, { provider: 'anthropic', region: undefined }],
  [
    'Bedrock of 1.x',
    { _genAIProviderName: 'aws.bedrock', awsRegion: 'eu-west-1' },
    { provider: 'aws.bedrock', region: 'eu-west-1' },
  ],
  [
    'Vertex of 1.x',
    { _genAIProviderName: 'gcp.vertex_ai', region: 'global', projectId: null },
    { provider: 'gcp.vertex_ai', region: 'global' },
  ],
  [
    'another platform that says its name',
    { _genAIProviderName: 'azure.ai.inference' },
    { provider: 'azure.ai.inference', region: undefined },
  ],
  [
    'Anthropic’s own platform on AWS',
    { awsRegion: 'us-east-1', workspaceId: 'wrkspc_1' },
    { provider: 'anthropic', region: 'us-east-1' },
  ],
  ['Bedrock of 0.x', { awsRegion: 'us-west-2' }, { provider: 'aws.bedrock', region: 'us-west-2' }],
  [
    'Vertex of 0.x',
    { region: 'us-east5', projectId: 'p' },
    { provider: 'gcp.vertex_ai', region: 'us-east5' },
  ],
])('the client of %s tells who serves it', ([, client, expected]) => {
  expect(platformOf(client)).toEqual(expected);
});

const ARN = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc';

test.for<[string, string | undefined, string | undefined]>([
  ['aws.bedrock', 'global.anthropic.claude-x-v1:0', 'global.anthropic.claude-x-v1:0'],
  ['aws.bedrock', ARN, undefined],
  ['aws.bedrock', undefined, undefined],
  ['anthropic', 'claude-x', undefined],
])('%s names the model %s in its own way: %s', ([provider, asked, expected]) => {
  expect(platformModel(provider, asked)).toBe(expected);
});
