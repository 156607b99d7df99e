/** The clients for other clouds, which extend the SDK's own. */
import type { Case } from './anthropic-cases.ts';

const MODELS = {
  bedrock: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
  vertex: 'claude-sonnet-4-5@20250929',
};

async function typesOf(stream: AsyncIterable<{ readonly type: string }>): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of stream) types.push(type);
  return types;
}

export function platformCases(
  platform: 'bedrock' | 'vertex',
  generation: string,
): Readonly<Record<string, Case>> {
  const messages = [{ role: 'user', content: 'Hi' }];
  const body = { model: MODELS[platform], max_tokens: 10, messages };
  return {
    [`${platform} ${generation} whole`]: (client) => client.messages.create(body),
    [`${platform} ${generation} stream`]: async (client) =>
      typesOf(await client.messages.create({ ...body, stream: true })),
  };
}
