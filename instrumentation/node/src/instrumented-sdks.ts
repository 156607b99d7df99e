/** The SDKs that are watched. One row each: another provider is another row and another dependency. */
import {
  ANTHROPIC_VERSIONS,
  AnthropicInstrumentation,
} from '@ai-cost-profiler/anthropic/anthropic-instrumentation.ts';
import {
  BEDROCK_VERSIONS,
  BedrockInstrumentation,
} from '@ai-cost-profiler/bedrock/bedrock-instrumentation.ts';
import type { ContentOptions } from '@ai-cost-profiler/core/content.ts';
import {
  GOOGLE_GENAI_VERSIONS,
  GoogleGenAIInstrumentation,
} from '@ai-cost-profiler/google-genai/google-genai-instrumentation.ts';
import { MCP_VERSIONS, McpInstrumentation } from '@ai-cost-profiler/mcp/mcp-instrumentation.ts';
import {
  OPENAI_VERSIONS,
  OpenAIInstrumentation,
} from '@ai-cost-profiler/openai/openai-instrumentation.ts';
import type { Instrumentation } from '@opentelemetry/instrumentation';

export interface InstrumentedSdk {
  /** As `OTEL_NODE_ENABLED_INSTRUMENTATIONS` names it. */
  readonly name: string;
  /** The npm package that is watched. */
  readonly sdk: string;
  /** Those of its versions that are watched, as ranges of npm. */
  readonly versions: readonly string[];
  /** The ES modules of it that have to be wrapped, by the end of their path; its entry always is. */
  readonly files: readonly RegExp[];
  create(options: ContentOptions): Instrumentation;
}

export const INSTRUMENTED_SDKS: readonly InstrumentedSdk[] = [
  {
    name: 'openai',
    sdk: 'openai',
    versions: OPENAI_VERSIONS,
    files: [/\/node_modules\/openai\/(?:client|core)\.mjs$/],
    create: (options) => new OpenAIInstrumentation({ ...options }),
  },
  {
    name: 'anthropic',
    sdk: '@anthropic-ai/sdk',
    versions: ANTHROPIC_VERSIONS,
    files: [/\/@anthropic-ai\/sdk\/(?:client|core)\.mjs$/],
    create: (options) => new AnthropicInstrumentation({ ...options }),
  },
  {
    name: 'google-genai',
    sdk: '@google/genai',
    versions: GOOGLE_GENAI_VERSIONS,
    files: [],
    create: (options) => new GoogleGenAIInstrumentation({ ...options }),
  },
  {
    name: 'bedrock',
    sdk: '@aws-sdk/client-bedrock-runtime',
    versions: BEDROCK_VERSIONS,
    files: [],
    create: (options) => new BedrockInstrumentation({ ...options }),
  },
  {
    name: 'mcp',
    sdk: '@modelcontextprotocol/sdk',
    versions: MCP_VERSIONS,
    files: [/\/@modelcontextprotocol\/sdk\/dist\/(?:esm\/)?shared\/protocol\.js$/],
    create: () => new McpInstrumentation(),
  },
];
