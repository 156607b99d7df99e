/** The clients for other clouds, which extend the SDK's own. */
import type { Case } from './anthropic-cases.ts';

const BEDROCK_MODEL = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const VERTEX_MODEL = 'claude-sonnet-4-5@20250929';

const ask = (model: string) => ({
  model,
  max_tokens: 10,
  messages: [{ role: 'user', content: 'Hi' }],
});

async function typesOf(stream: AsyncIterable<{ readonly type: string }>): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of stream) types.push(type);
  return types;
}

export const PLATFORM_CASES: Readonly<
  Record<'bedrock' | 'vertex', Readonly<Record<string, Case>>>
> = {
  bedrock: {
    'bedrock whole': (client) => client.messages.create(ask(BEDROCK_MODEL)),
    'bedrock stream': async (client) =>
      typesOf(await client.messages.create({ ...ask(BEDROCK_MODEL), stream: true })),
  },
  vertex: {
    'vertex whole': (client) => client.messages.create(ask(VERTEX_MODEL)),
    'vertex stream': async (client) =>
      typesOf(await client.messages.create({ ...ask(VERTEX_MODEL), stream: true })),
  },
};
