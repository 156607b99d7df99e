/** Records what OpenTelemetry's own JavaScript instrumentation of the OpenAI SDK sends. */
import { createRequire } from 'node:module';
import { metrics } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { startFakeProvider } from '../fake-provider.ts';
import { startOtlpSink } from '../otlp-sink.ts';
import { OPENAI_CASES, type ProviderClients, recordCases } from '../record-provider-sdks.ts';

// The instrumentation patches the CommonJS build.
const require = createRequire(import.meta.url);
const NAME = '@opentelemetry/instrumentation-openai';
const { version } = require(`./node_modules/${NAME}/package.json`) as { version: string };

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

// Constructed before the package is loaded: its hook patches what is required from here on.
const instrumentation = new OpenAIInstrumentation();
instrumentation.setTracerProvider(tracing);
instrumentation.setMeterProvider(metrics.getMeterProvider());
const { OpenAI } = require('openai');
const openai = new OpenAI({ apiKey: 'not-a-key', maxRetries: 0, baseURL: provider.url });
const anthropic = { messages: { create: () => Promise.reject(new Error('not recorded here')) } };
const clients: ProviderClients = { openai, anthropic };

const flush = () => tracing.forceFlush();
const emitter = { dialect: 'otel-genai', sink, flush };
await recordCases(OPENAI_CASES, clients, emitter, { emitter: NAME, version });
await tracing.shutdown();
await provider.close();
await sink.close();
