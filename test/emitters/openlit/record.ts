/** Records what the TypeScript SDK of OpenLIT sends: OpenAI, Anthropic, and LangChain over OpenAI. */
import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { startFakeProvider } from '../fake-provider.ts';
import { startOtlpSink } from '../otlp-sink.ts';
import {
  ANTHROPIC_CASES,
  OPENAI_CASES,
  type ProviderClients,
  recordCases,
} from '../record-provider-sdks.ts';

const require = createRequire(import.meta.url);
const { version } = require('./node_modules/openlit/package.json') as { version: string };
const of = { emitter: 'openlit', version };

const provider = await startFakeProvider();
const sink = await startOtlpSink();
const { Openlit } = require('openlit');
Openlit.init({
  applicationName: 'support',
  environment: 'production',
  otlpEndpoint: sink.url,
  disableMetrics: true,
  disableEvents: true,
  // Per 1000 tokens; without it the list is fetched from the network.
  pricingJson: JSON.stringify({
    chat: { 'gpt-4o-2024-08-06': { promptPrice: 0.0025, completionPrice: 0.01 } },
    embeddings: { 'text-embedding-3-small': 0.00002 },
  }),
});

/** The provider that init registered, behind the API's proxy. */
const tracing = (
  trace.getTracerProvider() as unknown as {
    getDelegate(): { forceFlush(): Promise<void>; shutdown(): Promise<void> };
  }
).getDelegate();

const { OpenAI } = require('openai');
const { Anthropic } = require('@anthropic-ai/sdk');
const options = { apiKey: 'not-a-key', maxRetries: 0 };
const clients: ProviderClients = {
  openai: new OpenAI({ ...options, baseURL: provider.url }),
  anthropic: new Anthropic({ ...options, baseURL: provider.url.replace(/\/v1$/, '') }),
};
const emitter = { dialect: 'openlit', sink, flush: () => tracing.forceFlush() };
await recordCases(OPENAI_CASES, clients, emitter, of);
await recordCases(ANTHROPIC_CASES, clients, emitter, of);

const { ChatOpenAI } = require('@langchain/openai');
const { ChatPromptTemplate } = require('@langchain/core/prompts');
const chat = new ChatOpenAI({
  model: 'gpt-4o-2024-08-06',
  apiKey: 'not-a-key',
  configuration: { baseURL: provider.url },
});
const chain = ChatPromptTemplate.fromTemplate('Say {word}').pipe(chat);
const LANGCHAIN_CASES = { 'langchain-input-is-an-estimate': () => chain.invoke({ word: 'hi' }) };
await recordCases(LANGCHAIN_CASES, clients, emitter, of);
await tracing.shutdown();
await provider.close();
await sink.close();
