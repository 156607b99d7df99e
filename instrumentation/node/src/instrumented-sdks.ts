/** The SDKs that are watched. One row each: another provider is another row and another dependency. */
import { AnthropicInstrumentation } from '@ai-cost-profiler/anthropic/anthropic-instrumentation.ts';
import { BedrockInstrumentation } from '@ai-cost-profiler/bedrock/bedrock-instrumentation.ts';
import type { ContentOptions } from '@ai-cost-profiler/core/content.ts';
import { GoogleGenAIInstrumentation } from '@ai-cost-profiler/google-genai/google-genai-instrumentation.ts';
import { McpInstrumentation } from '@ai-cost-profiler/mcp/mcp-instrumentation.ts';
import { OpenAIInstrumentation } from '@ai-cost-profiler/openai/openai-instrumentation.ts';
import type { Instrumentation } from '@opentelemetry/instrumentation';

export interface InstrumentedSdk {
  /** As `OTEL_NODE_ENABLED_INSTRUMENTATIONS` names it. */
  readonly name: string;
  /** The npm package that is watched. */
  readonly sdk: string;
  /** Its major versions that are tested. */
  readonly majors: readonly number[];
  /** The ES modules of it that have to be wrapped, by the end of their path; its entry always is. */
  readonly files: readonly RegExp[];
  create(options: ContentOptions): Instrumentation;
}

export const INSTRUMENTED_SDKS: readonly InstrumentedSdk[] = [
  {
    name: 'openai',
    sdk: 'openai',
    majors: [4, 5, 6, 7],
    files: [/\/node_modules\/openai\/(?:client|core)\.mjs$/],
    create: (options) => new OpenAIInstrumentation({ ...options }),
  },
  {
    name: 'anthropic',
    sdk: '@anthropic-ai/sdk',
    majors: [0, 1],
    files: [/\/@anthropic-ai\/sdk\/(?:client|core)\.mjs$/],
    create: (options) => new AnthropicInstrumentation({ ...options }),
  },
  {
    name: 'google-genai',
    sdk: '@google/genai',
    majors: [1, 2, 3],
    files: [],
    create: (options) => new GoogleGenAIInstrumentation({ ...options }),
  },
  {
    name: 'bedrock',
    sdk: '@aws-sdk/client-bedrock-runtime',
    majors: [3],
    files: [],
    create: (options) => new BedrockInstrumentation({ ...options }),
  },
  {
    name: 'mcp',
    sdk: '@modelcontextprotocol/sdk',
    majors: [1],
    files: [/\/@modelcontextprotocol\/sdk\/dist\/(?:esm\/)?shared\/protocol\.js$/],
    create: () => new McpInstrumentation(),
  },
];
