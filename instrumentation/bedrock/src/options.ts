import type { ContentOptions } from '@ai-cost-profiler/core/content.ts';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';

/** What an application may decide of this instrumentation. Content is off by default; see ContentOptions. */
export interface BedrockOptions extends ContentOptions {}

export interface BedrockConfig extends BedrockOptions, InstrumentationConfig {}
