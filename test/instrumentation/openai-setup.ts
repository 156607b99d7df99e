/** What an application loads first (`node --import`): the instrumentation, and an exporter to the collector. */
import { register } from 'node:module';
import { OpenAIInstrumentation } from '@ai-cost-profiler/openai/openai-instrumentation.ts';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

// Not all modules: import-in-the-middle does not keep exports of openai 4 alive that change later.
const include = ['openai', /\/node_modules\/openai\/(?:client|core)\.mjs$/];
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url, { data: { include } });
const provider = new TracerProvider({
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
trace.setGlobalTracerProvider(provider);
new OpenAIInstrumentation();
process.once('beforeExit', () => void provider.forceFlush());
