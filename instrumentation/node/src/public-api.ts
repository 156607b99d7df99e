/** What applications import from `@ai-cost-profiler/node`. It starts nothing: the register entry does. */

// biome-ignore lint/performance/noBarrelFile: a published package has one entry, and no module here imports it.
export {
  type Attribution,
  type AttributionOptions,
  withAttribution,
} from '@ai-cost-profiler/core/attribution.ts';
export { AttributionSpanProcessor } from '@ai-cost-profiler/core/attribution-span-processor.ts';
export type { CallConditions } from '@ai-cost-profiler/core/call-conditions.ts';
export type { ContentOptions } from '@ai-cost-profiler/core/content.ts';
export {
  type RecordedCall,
  type RecordedToolCost,
  recordCall,
  recordToolCost,
} from '@ai-cost-profiler/core/record-call.ts';
export { tracedAgent, tracedTool, tracedWorkflow } from '@ai-cost-profiler/core/traced-work.ts';
export type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
export { type FlushOptions, flush, withFlush } from './flush.ts';
export { instrumentations } from './instrumentations.ts';
