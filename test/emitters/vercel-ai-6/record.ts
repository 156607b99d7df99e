/** Records what the AI SDK 6 sends with `experimental_telemetry`. */

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import * as ai from 'ai';
import manifest from 'ai/package.json' with { type: 'json' };
import { z } from 'zod';
import { recordAiSdk } from '../record-ai-sdk.ts';

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
  version: manifest.version,
  prefix: 'v6',
});
