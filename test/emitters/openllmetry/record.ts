/** Records what the JavaScript instrumentations of OpenLLMetry send: OpenAI, Anthropic, and LangChain over OpenAI. */
import { createRequire } from 'node:module';
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { AnthropicInstrumentation } from '@traceloop/instrumentation-anthropic';
import { LangChainInstrumentation } from '@traceloop/instrumentation-langchain';
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai';
import { startFakeProvider } from '../fake-provider.ts';
import { startOtlpSink } from '../otlp-sink.ts';
import {
  ANTHROPIC_CASES,
  OPENAI_CASES,
  type ProviderClients,
  recordCases,
} from '../record-provider-sdks.ts';

// The instrumentations patch the CommonJS builds.
const require = createRequire(import.meta.url);
const versionOf = (name: string) =>
  (require(`./node_modules/${name}/package.json`) as { version: string }).version;

const provider = await startFakeProvider();
const sink = await startOtlpSink();
const tracing = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'support' }),
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter({ url: `${sink.url}/v1/traces` }), {
      scheduledDelayMillis: 60_000,
    }),
  ],
});
tracing.register();
const emitter = { dialect: 'openllmetry', sink, flush: () => tracing.forceFlush() };

// Constructed before the packages are loaded: their hooks patch what is required from here on.
const instrumentations = [new OpenAIInstrumentation(), new AnthropicInstrumentation()];
for (const instrumentation of instrumentations) {
  instrumentation.setTracerProvider(tracing);
}
const { OpenAI } = require('openai');
const { Anthropic } = require('@anthropic-ai/sdk');

const options = { apiKey: 'not-a-key', maxRetries: 0 };
const clients: ProviderClients = {
  openai: new OpenAI({ ...options, baseURL: provider.url }),
  anthropic: new Anthropic({ ...options, baseURL: provider.url.replace(/\/v1$/, '') }),
};
const of = (library: string) => {
  const name = `@traceloop/instrumentation-${library}`;
  return { emitter: name, version: versionOf(name) };
};
await recordCases(OPENAI_CASES, clients, emitter, of('openai'));
await recordCases(ANTHROPIC_CASES, clients, emitter, of('anthropic'));

const langChain = new LangChainInstrumentation();
langChain.setTracerProvider(tracing);
const { ChatOpenAI } = require('@langchain/openai');
const { ChatPromptTemplate } = require('@langchain/core/prompts');
const chat = new ChatOpenAI({
  model: 'gpt-4o-2024-08-06',
  apiKey: 'not-a-key',
  configuration: { baseURL: provider.url },
});
const chain = ChatPromptTemplate.fromTemplate('Say {word}').pipe(chat);
const LANGCHAIN_CASES = {
  // Both instrumentations see the call.
  'langchain-over-openai': () => {
    const root = tracing.getTracer('app').startSpan('answer');
    return context
      .with(trace.setSpan(context.active(), root), () => chain.invoke({ word: 'hi' }))
      .finally(() => root.end());
  },
};
await recordCases(LANGCHAIN_CASES, clients, emitter, of('langchain'));
await tracing.shutdown();
await provider.close();
await sink.close();
