/** What an application does with Anthropic's SDK: the calls of the tests, each with what it gives. */
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import type { Client, EventStream, MessageParameters } from './anthropic-shapes.ts';

interface Surroundings {
  readonly instrumentation: { enable(): void; disable(): void };
}

export type Case = (client: Client, surroundings: Surroundings) => Promise<unknown>;

const ask = (content: string): MessageParameters => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 10,
  messages: [{ role: 'user', content }],
});
const askStream = (content: string) => ({ ...ask(content), stream: true as const });

/** The types of the events, and why they ended. */
async function typesOf(stream: AsyncIterable<{ readonly type: string }>): Promise<string[]> {
  const types: string[] = [];
  try {
    for await (const { type } of stream) types.push(type);
  } catch (error) {
    types.push(`threw ${(error as Error).constructor.name}`);
  }
  return types;
}

async function takeTwo(stream: EventStream): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of stream) {
    types.push(type);
    if (types.length === 2) break;
  }
  return types;
}

const WHOLE: Readonly<Record<string, Case>> = {
  whole: (client) => client.messages.create(ask('Hi')),
  'whole with its response': async (client) => {
    const { data, response } = await client.messages.create(ask('Hi')).withResponse();
    return { id: data.id, status: response.status, isSame: response instanceof Response };
  },
  'raw JSON': async (client) => (await client.messages.create(ask('Hi')).asResponse()).json(),
  beta: (client) => client.beta.messages.create(ask('Hi')),
  compaction: (client) => client.beta.messages.create(ask('compaction')),
  code: (client) => client.messages.create(ask('code')),
  'token count': (client) =>
    client.messages.countTokens({ model: 'claude-sonnet-4-6', messages: ask('Hi').messages }),
  batch: async (client) => {
    const ids: string[] = [];
    for await (const { custom_id } of await client.messages.batches.results('msgbatch_1')) {
      ids.push(custom_id);
    }
    return ids;
  },
  'beta batch': async (client) => {
    const ids: string[] = [];
    for await (const line of await client.beta.messages.batches.results('msgbatch_1')) {
      ids.push(line.custom_id);
    }
    return ids;
  },
};

const STREAMS: Readonly<Record<string, Case>> = {
  stream: async (client) => typesOf(await client.messages.create(askStream('Hi'))),
  'beta stream': async (client) => typesOf(await client.beta.messages.create(askStream('Hi'))),
  'stream that grows': async (client) => typesOf(await client.messages.create(askStream('grows'))),
  helper: async (client) => (await client.messages.stream(ask('Hi')).finalMessage()).usage,
  'helper left early': async (client) => {
    const helper = client.messages.stream(ask('endless'));
    for await (const { type } of helper) if (type === 'content_block_delta') break;
    return helper.done().catch((error: unknown) => (error as Error).constructor.name);
  },
  'left early': async (client) => takeTwo(await client.messages.create(askStream('endless'))),
  tee: async (client) => {
    const [left, right] = (await client.messages.create(askStream('Hi'))).tee();
    return [(await typesOf(left)).length, (await typesOf(right)).length];
  },
  'raw events': async (client) =>
    (await (await client.messages.create(askStream('Hi')).asResponse()).text()).length,
  'raw events with an error': async (client) =>
    (await (await client.messages.create(askStream('error event')).asResponse()).text()).slice(-60),
};

const FAILURES: Readonly<Record<string, Case>> = {
  'error event': async (client) => typesOf(await client.messages.create(askStream('error event'))),
  cut: async (client) => typesOf(await client.messages.create(askStream('cut'))),
  aborted: async (client) => {
    const abort = new AbortController();
    const stream = await client.messages.create(askStream('endless'), { signal: abort.signal });
    setTimeout(() => abort.abort(), 30);
    return typesOf(stream);
  },
  'overloaded twice': (client) => client.messages.create(ask('overloaded twice')),
  refused: (client) => client.messages.create(ask('refused')),
  'refused raw': (client) => client.messages.create(ask('refused')).asResponse(),
};

const SURROUNDINGS: Readonly<Record<string, Case>> = {
  'at once': async (client) => {
    const one = (feature: string) =>
      withAttribution({ feature }, () => client.messages.create(ask(`Hi ${feature}`)));
    return (await Promise.all(['a', 'b', 'c'].map(one))).map(({ id }) => id);
  },
  disabled: async (client, { instrumentation }) => {
    instrumentation.disable();
    const { id } = await client.messages.create(ask('Hi'));
    instrumentation.enable();
    return id;
  },
};

export const ANTHROPIC_CASES: Readonly<Record<string, Case>> = {
  ...WHOLE,
  ...STREAMS,
  ...FAILURES,
  ...SURROUNDINGS,
};
