/** Records what Anthropic's SDK sends by itself. */
import { createRequire } from 'node:module';
import { Anthropic } from '@anthropic-ai/sdk';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { startFakeProvider } from '../fake-provider.ts';
import { startOtlpSink } from '../otlp-sink.ts';
import { ANTHROPIC_CASES, type ProviderClients, recordCases } from '../record-provider-sdks.ts';

const require = createRequire(import.meta.url);
const { version } = require('./node_modules/@anthropic-ai/sdk/package.json') as {
  version: string;
};
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
const anthropic = new Anthropic({
  apiKey: 'not-a-key',
  maxRetries: 0,
  baseURL: provider.url.replace(/\/v1$/, ''),
}) as unknown as ProviderClients['anthropic'];
const none = undefined as unknown as ProviderClients['openai'];
await recordCases(
  ANTHROPIC_CASES,
  { anthropic, openai: none },
  { dialect: 'anthropic-sdk', sink, flush: () => tracing.forceFlush() },
  { emitter: '@anthropic-ai/sdk', version },
);
await tracing.shutdown();
await provider.close();
await sink.close();
