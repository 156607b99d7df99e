/** What an application may decide of this instrumentation. */
import type { ContentOptions } from '@ai-cost-profiler/core/content.ts';

/** Content is off by default; see ContentOptions. */
export interface AnthropicOptions extends ContentOptions {}
