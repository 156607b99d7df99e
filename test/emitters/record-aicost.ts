/**
 * Records what our own packages send, over the SDKs that are installed for their tests: `node
 * test/emitters/record-aicost.ts`, anywhere in the repository.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AnthropicInstrumentation } from '@ai-cost-profiler/anthropic/anthropic-instrumentation.ts';
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { recordCall, recordToolCost } from '@ai-cost-profiler/core/record-call.ts';
import { AsyncContexts } from '@ai-cost-profiler/core/test-tracing.ts';
import { tracedAgent, tracedTool } from '@ai-cost-profiler/core/traced-work.ts';
import { OpenAIInstrumentation } from '@ai-cost-profiler/openai/openai-instrumentation.ts';
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import manifest from '../../package.json' with { type: 'json' };
import { startFakeProvider } from './fake-provider.ts';
import { installEmitter } from './install-emitter.ts';
import { startOtlpSink } from './otlp-sink.ts';
import {
  ANTHROPIC_CASES,
  type Case,
  OPENAI_CASES,
  type ProviderClients,
  recordCases,
} from './record-provider-sdks.ts';

const provider = await startFakeProvider();
const sink = await startOtlpSink();
const tracing = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'support' }),
  spanProcessors: [
    new BatchSpanProcessor({
      exporter: new OTLPTraceExporter({ url: `${sink.url}/v1/traces` }),
      scheduledDelayMillis: 60_000,
    }),
  ],
});
trace.setGlobalTracerProvider(tracing);
context.setGlobalContextManager(new AsyncContexts());

// Constructed before the packages are loaded: their hooks patch what is required from here on.
for (const one of [new OpenAIInstrumentation(), new AnthropicInstrumentation()]) {
  one.setTracerProvider(tracing);
}
const sdk = async (folder: string) =>
  createRequire(join(await installEmitter(folder), 'package.json'));
const { OpenAI } = (await sdk('openai-7'))('openai');
const { Anthropic } = (await sdk('anthropic-1'))('@anthropic-ai/sdk');
const options = { apiKey: 'not-a-key', maxRetries: 0 };
const clients: ProviderClients = {
  openai: new OpenAI({ ...options, baseURL: provider.url }),
  anthropic: new Anthropic({
    ...options,
    baseURL: provider.url.replace(/\/v1$/, ''),
    openTelemetry: false,
  }),
};

const agent = tracedAgent('planner', (all: ProviderClients) => OPENAI_CASES['openai-chat']!(all));
const lookup = tracedTool('lookup', () => recordToolCost({ tool: 'search', costUsd: '0.008' }));
const OWN_CASES: Readonly<Record<string, Case>> = {
  'agent-with-attribution': (all) => {
    const tags = { plan: 'pro' };
    return withAttribution({ feature: 'search', user: 'user-7', session: 's-3', tags }, () =>
      agent(all),
    );
  },
  'tool-with-cost': async () => lookup(),
  'recorded-call': async () =>
    recordCall({
      provider: 'openai',
      model: 'whisper-1',
      operation: 'transcription',
      usage: { audioSeconds: 12.345_678_9 },
    }),
};

const emitter = { dialect: 'aicost', sink, flush: () => tracing.forceFlush() };
const of = (name: string) => ({ emitter: `@ai-cost-profiler/${name}`, version: manifest.version });
await recordCases(OPENAI_CASES, clients, emitter, of('openai'));
await recordCases(ANTHROPIC_CASES, clients, emitter, of('anthropic'));
await recordCases(OWN_CASES, clients, emitter, of('core'));
await tracing.shutdown();
await provider.close();
await sink.close();
