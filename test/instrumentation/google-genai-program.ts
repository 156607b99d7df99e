/**
 * Calls one major of @google/genai in every way that is watched, and writes what the calls gave and the spans that they
 * made: `node google-genai-program.ts <folder of the SDK> <esm | cjs>`.
 */
import { createRequire, register } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { GoogleGenAIInstrumentation } from '@ai-cost-profiler/google-genai/google-genai-instrumentation.ts';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { startFakeGoogle } from './fake-google.ts';
import type { GenAI, Generated } from './google-genai-shapes.ts';
import { SpanRecorder } from './recorded-spans.ts';

const [folder, style] = process.argv.slice(2);
const recorder = new SpanRecorder();
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
const instrumentation = new GoogleGenAIInstrumentation();
const loaded: Promise<GenAI> =
  style === 'cjs'
    ? createRequire(`${folder}/program.cjs`)('@google/genai')
    : (
        (await import(pathToFileURL(`${folder}/load-sdk.mjs`).href)) as { load(): Promise<GenAI> }
      ).load();
const genai = await loaded;
const google = await startFakeGoogle();
const retryOptions = { attempts: 3, initialDelay: 0.01 };
const baseUrl = google.url;
const gemini = new genai.GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl } });
const trying = new genai.GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl, retryOptions } });
const vertex = new genai.GoogleGenAI({
  vertexai: true,
  project: 'shop',
  location: 'europe-west4',
  httpOptions: { baseUrl },
  googleAuthOptions: { authClient: { getRequestHeaders: async () => new Headers() } },
});
const model = 'gemini-2.5-flash';
const ask = (contents: unknown, more: object = {}) => ({ model, contents, ...more });

const seen = (answer: Generated) => ({
  text: answer.text,
  isOwnClass: answer instanceof genai.GenerateContentResponse,
  total: answer.usageMetadata?.totalTokenCount,
});

async function streamed(stream: AsyncGenerator<Generated>, atMost = 99): Promise<unknown[]> {
  const pieces: unknown[] = [];
  for await (const piece of stream) {
    pieces.push(seen(piece));
    if (pieces.length === atMost) break;
  }
  return pieces;
}

/** Whose stream nobody holds afterwards. */
async function beginStream(): Promise<void> {
  const stream = await gemini.models.generateContentStream(ask('!slow forgotten'));
  await stream.next();
}

const weather = {
  tool: async () => ({ functionDeclarations: [{ name: 'weather' }] }),
  callTool: async () => [{ functionResponse: { name: 'weather', response: { sky: 'blue' } } }],
};

const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  whole: async () => seen(await gemini.models.generateContent(ask('hello'))),
  priority: async () => seen(await gemini.models.generateContent(ask('!priority'))),
  models: async () =>
    seen(await gemini.models.generateContent(ask('hello', { model: `models/${model}` }))),
  stream: async () => streamed(await gemini.models.generateContentStream(ask('hello'))),
  'stream left early': async () =>
    streamed(await gemini.models.generateContentStream(ask('hello')), 1),
  'stream read by hand': async () => {
    const stream = await gemini.models.generateContentStream(ask('hello'));
    return [await stream.next(), await stream.next(), await stream.next()].map(({ done }) => done);
  },
  'stream that is forgotten': async () => {
    await beginStream();
    for (let tries = 0; tries < 200; tries += 1) {
      globalThis.gc?.();
      await setTimeout(20);
      const spans = await recorder.take();
      if (spans.length > 0) return spans;
    }
    return [];
  },
  'stream that is cut': async () =>
    streamed(await gemini.models.generateContentStream(noMore(ask('!cut')))),
  chat: async () => {
    const chat = gemini.chats.create({ model });
    const first = await chat.sendMessage({ message: 'hello' });
    const pieces = await streamed(await chat.sendMessageStream({ message: 'and again' }));
    return { first: first.text, pieces: pieces.length, history: chat.getHistory().length };
  },
  'function calling': async () =>
    seen(await gemini.models.generateContent(ask('!tool', { config: { tools: [weather] } }))),
  'function calling in a stream': async () => {
    const asked = ask('!tool', { config: { tools: [weather] } });
    return (await streamed(await gemini.models.generateContentStream(asked))).length;
  },
  search: async () => seen(await gemini.models.generateContent(ask('!search'))),
  'search by query': async () =>
    seen(await gemini.models.generateContent(ask('!search', { model: 'gemini-3-flash-preview' }))),
  blocked: async () => seen(await gemini.models.generateContent(ask('!blocked'))),
  'odd answer': async () => Object.keys(await gemini.models.generateContent(noMore(ask('!odd')))),
  refused: async () => gemini.models.generateContent(ask('!400')),
  'tried again': async () => seen(await trying.models.generateContent(ask('!429 once'))),
  aborted: async () => {
    const stop = new AbortController();
    void setTimeout(30).then(() => stop.abort());
    const config = { abortSignal: stop.signal };
    return gemini.models.generateContent(ask('!slow', { config }));
  },
  embed: async () =>
    (await gemini.models.embedContent({ model: 'gemini-embedding-001', contents: ['a', 'b'] }))
      .embeddings?.length,
  'embed on vertex': async () =>
    (await vertex.models.embedContent({ model: 'text-embedding-005', contents: ['a', 'b'] }))
      .embeddings?.length,
  vertex: async () => seen(await vertex.models.generateContent(ask('hello'))),
  'images on vertex': async () => {
    const asked = { model: 'imagen-4.0-generate-001', prompt: 'a cat' };
    return (await vertex.models.generateImages(asked)).generatedImages?.length;
  },
  cache: async () => (await gemini.caches.create({ model, config: { contents: 'much' } })).name,
  'cache on vertex': async () =>
    (await vertex.caches.create({ model, config: { contents: 'much' } })).name,
  'counted tokens': async () => (await gemini.models.countTokens(ask('hello'))).totalTokens,
  interaction: async () => (await gemini.interactions.create({ model, input: 'hello' })).id,
  'interaction in a stream': async () => {
    const asked = { model, input: 'hello', stream: true };
    const types: unknown[] = [];
    for await (const { event_type } of await gemini.interactions.create(asked))
      types.push(event_type);
    return types;
  },
  'interaction by a reader': async () => {
    const stream = await gemini.interactions.create({ model, input: 'hello', stream: true });
    // Version 1 has a stream that is only iterated.
    const reader = stream.getReader?.();
    let pieces = 0;
    while ((await reader?.read())?.done === false) pieces += 1;
    return pieces;
  },
  'interaction refused': async () => gemini.interactions.create({ model, input: '!400' }),
  'many at once': async () => {
    const calls = Array.from({ length: 20 }, (_, index) =>
      withAttribution({ user: `user-${index}` }, () =>
        gemini.models.generateContent(ask(`hello ${index}`)),
      ),
    );
    return (await Promise.all(calls)).length;
  },
  nested: async () => {
    const tracer = trace.getTracer('application');
    const outer = tracer.startSpan('request', { kind: SpanKind.SERVER });
    await context.with(trace.setSpan(context.active(), outer), () =>
      withAttribution({ feature: 'search', tags: { plan: 'pro' } }, () =>
        withAttribution({ user: 'u1' }, () => gemini.models.generateContent(ask('hello'))),
      ),
    );
    outer.end();
    return outer.spanContext().spanId;
  },
  'with content': async () => {
    instrumentation.setConfig({ content: 'on' });
    const config = { systemInstruction: 'Be short.' };
    await streamed(await gemini.models.generateContentStream(ask('hello', { config })));
    instrumentation.setConfig({});
    return null;
  },
  'switched off': async () => {
    instrumentation.disable();
    const answer = await gemini.models.generateContent(ask('hello'));
    instrumentation.enable();
    return seen(answer);
  },
};

/** Version 3 goes on by itself after a stream that broke. */
function noMore<Asked extends object>(asked: Asked): Asked {
  return { ...asked, config: { automaticContinuation: false } };
}

const told: Record<string, unknown> = {};
for (const [name, work] of Object.entries(SCENARIOS)) {
  const outcome = await work().then(
    (result) => ({ result }),
    (error: Error & { status?: number }) => ({
      error: { name: error.name, status: error.status, isOwn: error instanceof genai.ApiError },
    }),
  );
  told[name] = { ...outcome, spans: await recorder.take() };
}
process.stdout.write(JSON.stringify(told));
await google.close();
