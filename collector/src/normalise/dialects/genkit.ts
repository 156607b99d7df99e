/**
 * Genkit (scope `genkit-tracer`): the usage stands inside the output of the model's own span, as JSON. The spans around
 * it (`generate`, flows) repeat that output. Names are `plugin/model`. Google's plugins count thoughts beside the
 * output. Source: Langfuse's ingest of it (langfuse/langfuse at 6275144, OtelIngestionProcessor) and mlflow's
 * translator.
 */

import type { DialectReading } from '../dialect.ts';
import { namedIn } from '../named.ts';
import { OTEL_IDENTITY } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

/** `googleai/gemini-2.5-flash`: the plugin tells who bills, the rest is the model. */
const PLUGIN_PROVIDERS: Readonly<Record<string, string>> = {
  googleai: 'gcp.gemini',
  vertexai: 'gcp.vertex_ai',
  openai: 'openai',
  anthropic: 'anthropic',
  ollama: 'ollama',
  deepseek: 'deepseek',
  xai: 'x_ai',
};

function splitName(reading: DialectReading): DialectReading {
  const { requestModel, role } = reading;
  if (role?.role !== 'leaf') {
    // The name of a flow or a tool is no model.
    return { ...reading, requestModel: undefined };
  }
  const slash = requestModel?.indexOf('/') ?? -1;
  const provider = slash > 0 ? namedIn(PLUGIN_PROVIDERS, requestModel!.slice(0, slash)) : undefined;
  return provider === undefined
    ? reading
    : { ...reading, provider, requestModel: requestModel!.slice(slash + 1) };
}

export const genkit = defineDialect({
  name: 'genkit',
  summary: "Genkit: usage stands inside the output of the model's own span.",
  marks: [{ scopes: ['genkit-tracer', 'genkit'] }, { keys: ['genkit:metadata:subtype'] }],
  identity: { ...OTEL_IDENTITY, requestModel: ['gen_ai.request.model', 'genkit:name'] },
  usage: {},
  blobs: [
    {
      key: 'genkit:output',
      format: 'json',
      has: ['usage'],
      usage: {
        input: ['usage.inputTokens'],
        output: ['usage.outputTokens'],
        total: ['usage.totalTokens'],
        cacheRead: ['usage.cachedContentTokens'],
        reasoning: ['usage.thoughtsTokens'],
      },
    },
  ],
  attribution: { session: ['genkit:sessionId'], feature: ['genkit:metadata:flow:name'] },
  inclusion: [{ reasoning: 'outside', evidence: 'genkit: thoughts beside output' }],
  roles: [
    {
      when: { values: { 'genkit:metadata:subtype': ['model', 'background-model'] } },
      role: 'leaf',
      reason: "the model's own span",
      operation: 'generate_content',
    },
    {
      when: { values: { 'genkit:metadata:subtype': ['embedder'] } },
      role: 'leaf',
      reason: "the embedder's own span",
      operation: 'embeddings',
    },
    {
      when: { values: { 'genkit:metadata:subtype': ['tool', 'tool.v2'] } },
      role: 'non_billable',
      reason: 'a tool',
      operation: 'execute_tool',
    },
    {
      when: {},
      role: 'aggregate',
      reason: 'repeats the output of the model within',
      operation: 'invoke_workflow',
    },
  ],
  correct: splitName,
  contentKeys: ['genkit:input'],
  // Read above for its counts alone; what else it holds is the answer's text.
  contentPrefixes: ['genkit:output'],
});
