/** Records what the JavaScript instrumentors of OpenInference send: OpenAI, Anthropic, and LangChain over OpenAI. */
import { createRequire } from 'node:module';
import { setMetadata, setPromptTemplate, setSession, setUser } from '@arizeai/openinference-core';
import { AnthropicInstrumentation } from '@arizeai/openinference-instrumentation-anthropic';
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import { context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { startFakeProvider } from '../fake-provider.ts';
import { startOtlpSink } from '../otlp-sink.ts';
import {
  ANTHROPIC_CASES,
  OPENAI_CASES,
  type ProviderClients,
  recordCases,
} from '../record-provider-sdks.ts';

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
const emitter = { dialect: 'openinference', sink, flush: () => tracing.forceFlush() };
// Constructed before the packages are loaded: their hooks patch what is required from here on.
const instrumentations = [
  new OpenAIInstrumentation({ tracerProvider: tracing }),
  new AnthropicInstrumentation({ tracerProvider: tracing }),
];
const { OpenAI } = require('openai');
const { Anthropic } = require('@anthropic-ai/sdk');

const options = { apiKey: 'not-a-key', maxRetries: 0 };
const clients: ProviderClients = {
  openai: new OpenAI({ ...options, baseURL: provider.url }),
  anthropic: new Anthropic({ ...options, baseURL: provider.url.replace(/\/v1$/, '') }),
};
const of = (library: string) => {
  const name = `@arizeai/openinference-instrumentation-${library}`;
  return { emitter: name, version: versionOf(name) };
};
await recordCases(OPENAI_CASES, clients, emitter, of('openai'));
await recordCases(ANTHROPIC_CASES, clients, emitter, of('anthropic'));

const template = { template: 'Say {word}', variables: { word: 'hi' }, version: 'v4' };
const CONTEXT_CASES = {
  'openai-with-session-and-template': () => {
    const whom = setUser(setSession(context.active(), { sessionId: 'session-3' }), {
      userId: 'user-7',
    });
    const told = setPromptTemplate(setMetadata(whom, { plan: 'pro' }), template);
    return context.with(told, () => OPENAI_CASES['openai-chat']!(clients));
  },
};
await recordCases(CONTEXT_CASES, clients, emitter, of('openai'));

for (const instrumentation of instrumentations) {
  instrumentation.disable();
}
const langChain = new LangChainInstrumentation({ tracerProvider: tracing });
langChain.manuallyInstrument(require('@langchain/core/callbacks/manager'));
const { ChatOpenAI } = require('@langchain/openai');
const { ChatPromptTemplate } = require('@langchain/core/prompts');
const chat = new ChatOpenAI({
  model: 'gpt-4o-2024-08-06',
  apiKey: 'not-a-key',
  configuration: { baseURL: provider.url },
});
const chain = ChatPromptTemplate.fromTemplate('Say {word}').pipe(chat);
const LANGCHAIN_CASES = { 'langchain-chain': () => chain.invoke({ word: 'hi' }) };
await recordCases(LANGCHAIN_CASES, clients, emitter, of('langchain'));
await tracing.shutdown();
await provider.close();
await sink.close();
