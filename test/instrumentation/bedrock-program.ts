/**
 * Calls @aws-sdk/client-bedrock-runtime in every way that is watched, and writes what the calls gave and the spans that
 * they made: `node bedrock-program.ts <folder of the SDK> <esm | cjs>`.
 */
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { BedrockInstrumentation } from '@ai-cost-profiler/bedrock/bedrock-instrumentation.ts';
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { context, SpanKind, trace } from '@opentelemetry/api';
import type { Bedrock, Converse, Invoked } from './bedrock-shapes.ts';
import { startFakeBedrock } from './fake-bedrock.ts';
import { SpanRecorder } from './recorded-spans.ts';

const [folder, style] = process.argv.slice(2);
const recorder = new SpanRecorder();
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
const instrumentation = new BedrockInstrumentation();
const loaded: Promise<Bedrock> =
  style === 'cjs'
    ? createRequire(`${folder}/program.cjs`)('@aws-sdk/client-bedrock-runtime')
    : (
        (await import(pathToFileURL(`${folder}/load-sdk.mjs`).href)) as { load(): Promise<Bedrock> }
      ).load();
const sdk = await loaded;
const bedrock = await startFakeBedrock();
const options = {
  region: 'eu-central-1',
  endpoint: bedrock.url,
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
};
const client = new sdk.BedrockRuntimeClient(options);
const whole = new sdk.BedrockRuntime(options);

const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const ask = (text: string, modelId = CLAUDE) => ({
  modelId,
  system: [{ text: 'Be short.' }],
  messages: [{ role: 'user', content: [{ text }] }],
});
const body = (text: string) => JSON.stringify({ messages: [{ role: 'user', content: text }] });
const invoke = (modelId: string, text = 'hello') =>
  client.send(new sdk.InvokeModelCommand({ modelId, body: body(text) })) as Promise<Invoked>;

const seen = (answer: Converse) => ({
  text: answer.output?.message?.content?.[0]?.text,
  attempts: answer.$metadata?.attempts,
});

async function streamed(modelId: string, text = 'hello', atMost = 99): Promise<string[]> {
  const command = new sdk.InvokeModelWithResponseStreamCommand({ modelId, body: body(text) });
  const { body: pieces } = (await client.send(command)) as {
    body: AsyncIterable<{ chunk?: { bytes?: Uint8Array } }>;
  };
  const told: string[] = [];
  for await (const { chunk } of pieces) {
    told.push(Buffer.from(chunk?.bytes ?? []).toString());
    if (told.length === atMost) break;
  }
  return told;
}

async function conversed(text: string, atMost = 99): Promise<string[]> {
  const { stream } = (await client.send(new sdk.ConverseStreamCommand(ask(text)))) as {
    stream: AsyncIterable<object>;
  };
  const told: string[] = [];
  for await (const event of stream) {
    told.push(Object.keys(event)[0]!);
    if (told.length === atMost) break;
  }
  return told;
}

async function invoked(modelId: string): Promise<unknown> {
  const { body: bytes } = await invoke(modelId);
  const text = bytes!.transformToString();
  return { isBytes: bytes instanceof Uint8Array, text };
}

const MODELS: Readonly<Record<string, string>> = {
  anthropic: CLAUDE,
  nova: 'us.amazon.nova-pro-v1:0',
  titan: 'amazon.titan-text-express-v1',
  llama: 'us.meta.llama3-3-70b-instruct-v1:0',
  mistral: 'mistral.mixtral-8x7b-instruct-v0:1',
  openai: 'openai.gpt-oss-120b-1:0',
};

const SCENARIOS: Record<string, () => Promise<unknown>> = {
  converse: async () =>
    seen((await client.send(new sdk.ConverseCommand(ask('hello')))) as Converse),
  'converse of the whole client': async () => seen(await whole.converse(ask('hello'))),
  'converse with a callback': async () =>
    new Promise((resolve, reject) => {
      const told = client.send(
        new sdk.ConverseCommand(ask('hello')),
        (error: unknown, answer?: unknown) =>
          error ? reject(error) : resolve({ ...seen(answer as Converse), told: told ?? null }),
      );
    }),
  'a profile by its ARN': async () => {
    const arn = 'arn:aws:bedrock:eu-central-1:1:inference-profile/eu.amazon.nova-pro-v1:0';
    return seen((await client.send(new sdk.ConverseCommand(ask('hello', arn)))) as Converse);
  },
  'converse in a stream': async () => conversed('hello'),
  'stream left early': async () => conversed('hello', 2),
  'stream that is cut': async () => conversed('!cut'),
  'stream that breaks': async () => conversed('!broken'),
  refused: async () => client.send(new sdk.ConverseCommand(ask('!400'))),
  'tried again': async () =>
    seen((await client.send(new sdk.ConverseCommand(ask('!429 once')))) as Converse),
  aborted: async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);
    return client.send(new sdk.ConverseCommand(ask('!slow')), { abortSignal: stop.signal });
  },
  'odd body': async () => (await invoke(CLAUDE, '!odd')).body!.transformToString(),
  'odd piece': async () => streamed(CLAUDE, '!odd'),
  'invoked cohere': async () => invoked('cohere.command-r-v1:0'),
  'invoked titan-embed': async () => invoked('amazon.titan-embed-text-v2:0'),
  'invoked cohere-embed': async () => invoked('cohere.embed-english-v3'),
  'invoked canvas': async () => invoked('amazon.nova-canvas-v1:0'),
  'stream of pieces left early': async () => streamed(CLAUDE, 'hello', 1),
  'counted tokens': async () => {
    const input = { converse: { messages: ask('hello').messages } };
    const command = new sdk.CountTokensCommand({ modelId: CLAUDE, input });
    return ((await client.send(command)) as { inputTokens?: number }).inputTokens;
  },
  'many at once': async () => {
    const calls = Array.from({ length: 20 }, (_, index) =>
      withAttribution({ user: `user-${index}` }, () =>
        client.send(new sdk.ConverseCommand(ask(`hello ${index}`))),
      ),
    );
    return (await Promise.all(calls)).length;
  },
  nested: async () => {
    const outer = trace.getTracer('application').startSpan('request', { kind: SpanKind.SERVER });
    await context.with(trace.setSpan(context.active(), outer), () =>
      withAttribution({ feature: 'search', user: 'u1' }, () => invoke(MODELS['nova']!)),
    );
    outer.end();
    return outer.spanContext().spanId;
  },
  'with content': async () => {
    instrumentation.setConfig({ content: 'on' });
    await conversed('hello');
    await invoke(CLAUDE);
    await streamed(MODELS['nova']!);
    instrumentation.setConfig({});
    return null;
  },
  'switched off': async () => {
    instrumentation.disable();
    const answer = await client.send(new sdk.ConverseCommand(ask('hello')));
    instrumentation.enable();
    return seen(answer as Converse);
  },
};
for (const [name, modelId] of Object.entries(MODELS)) {
  SCENARIOS[`invoked ${name}`] = () => invoked(modelId);
  SCENARIOS[`streamed ${name}`] = () => streamed(modelId);
}

const told: Record<string, unknown> = {};
for (const [name, work] of Object.entries(SCENARIOS)) {
  const outcome = await work().then(
    (result) => ({ result }),
    (error: Error) => ({
      error: { name: error.name, isOwn: error instanceof sdk.BedrockRuntimeServiceException },
    }),
  );
  told[name] = { ...outcome, spans: await recorder.take() };
}
client.destroy();
whole.destroy();
bedrock.close();
process.stdout.write(JSON.stringify(told));
