/**
 * Records what the AI SDK 7 sends through `@ai-sdk/otel`: the `gen_ai` spans as they are by default, the same with
 * all that is off by default, and the spans of the earlier generations (`LegacyOpenTelemetry`).
 */

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel';
import manifest from '@ai-sdk/otel/package.json' with { type: 'json' };
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import * as ai from 'ai';
import { z } from 'zod';
import { recordAiSdk } from '../record-ai-sdk.ts';

const everything = { usage: true, providerMetadata: true, runtimeContext: true };
const GENERATIONS = {
  v7: () => new OpenTelemetry(),
  'v7-everything': () => new OpenTelemetry(everything),
  'v7-legacy': () => new LegacyOpenTelemetry(),
};

const [, , prefix = ''] = process.argv;
const create = GENERATIONS[prefix as keyof typeof GENERATIONS];
await recordAiSdk({
  ai,
  createOpenAI,
  createAnthropic,
  openTelemetry: {
    BatchSpanProcessor,
    NodeTracerProvider,
    OTLPTraceExporter,
    resourceFromAttributes,
  },
  z,
  emitter: '@ai-sdk/otel',
  version: manifest.version,
  prefix,
  telemetry: (functionId) => ({
    telemetry: {
      functionId,
      integrations: [create()],
      includeRuntimeContext: { userId: true, sessionId: true },
    },
    runtimeContext: { userId: 'user-7', sessionId: 'session-3' },
  }),
});
