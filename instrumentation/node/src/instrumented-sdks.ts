/** The SDKs that are watched. One row each: another provider is another row and another dependency. */
import { McpInstrumentation } from '@ai-cost-profiler/mcp/mcp-instrumentation.ts';
import type { Instrumentation } from '@opentelemetry/instrumentation';

/** What a person may ask of every instrumentation. */
export interface InstrumentationOptions {
  /** Whether the texts of calls go on their spans. Default: false. */
  readonly isContentCaptured: boolean;
}

export interface InstrumentedSdk {
  /** As `OTEL_NODE_ENABLED_INSTRUMENTATIONS` names it. */
  readonly name: string;
  /** The npm package that is watched. */
  readonly sdk: string;
  /** Its major versions that are tested. */
  readonly majors: readonly number[];
  /** The ES modules of it that have to be wrapped, by the end of their path; its entry always is. */
  readonly files: readonly RegExp[];
  create(options: InstrumentationOptions): Instrumentation;
}

export const INSTRUMENTED_SDKS: readonly InstrumentedSdk[] = [
  {
    name: 'mcp',
    sdk: '@modelcontextprotocol/sdk',
    majors: [1],
    files: [/\/@modelcontextprotocol\/sdk\/dist\/(?:esm\/)?shared\/protocol\.js$/],
    create: () => new McpInstrumentation(),
  },
];
