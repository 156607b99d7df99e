/** What an application records by hand arrives in a real collector, and costs what it said or what the list says. */

import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { recordCall, recordToolCost } from '@ai-cost-profiler/core/record-call.ts';
import { AsyncContexts } from '@ai-cost-profiler/core/test-tracing.ts';
import { tracedAgent, tracedTool } from '@ai-cost-profiler/core/traced-work.ts';
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, type StartedCollector, startCollector } from '../start-collector.ts';

let collector: StartedCollector;
let provider: TracerProvider;
beforeAll(async () => {
  collector = await startCollector();
  const exporter = new OTLPTraceExporter({
    url: `${collector.url}/v1/traces`,
    headers: { 'x-api-key': collector.key },
  });
  provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncContexts());
});
afterAll(async () => {
  trace.disable();
  context.disable();
  await provider.shutdown();
  await collector.stop();
});

interface Row {
  readonly feature: string;
  readonly calls: number;
  readonly cost_usd: string;
}

const costs = async (): Promise<readonly Row[]> => {
  const { body } = await collector.getJson('/api/v1/costs/breakdown?by=feature');
  return (body as { rows: readonly Row[] }).rows;
};

/** 12.5 s at 0.006 USD a minute; 1000 characters at 15 USD a million; the tools by what they say. */
const EXPECTED: readonly Row[] = [
  { feature: 'listen', calls: 1, cost_usd: '0.00125' },
  { feature: 'own', calls: 1, cost_usd: '0.0042' },
  { feature: 'read', calls: 1, cost_usd: '0.015' },
  { feature: 'tools', calls: 2, cost_usd: '0.008000000000000001' },
];

test('units and costs of tools are billed to their last digit; agents and free tools bill nothing', async () => {
  const whisper = { provider: 'openai', model: 'whisper-1', operation: 'transcription' };
  withAttribution({ feature: 'listen' }, () =>
    recordCall({ ...whisper, usage: { audioSeconds: 12.5 } }),
  );
  withAttribution({ feature: 'read' }, () =>
    recordCall({
      provider: 'openai',
      model: 'tts-1',
      operation: 'speech',
      usage: { characters: 1000 },
    }),
  );
  withAttribution({ feature: 'own' }, () =>
    recordCall({ provider: 'our-own', model: 'house', costUsd: '0.0042' }),
  );
  const lookup = tracedTool('lookup', () => {
    recordToolCost({ tool: 'web_search', costUsd: '0.008', provider: 'tavily' });
    recordToolCost({ tool: 'atom', costUsd: '0.000000000000000001' });
  });
  await withAttribution(
    { feature: 'tools' },
    tracedAgent('planner', async () => lookup()),
  );
  await provider.forceFlush();
  const rows = await eventually(costs, (found) => found.length >= EXPECTED.length);
  const told = rows.map(({ feature, calls, cost_usd }) => ({ feature, calls, cost_usd }));
  expect(told.toSorted((a, b) => a.feature.localeCompare(b.feature, 'en'))).toEqual(EXPECTED);
});
