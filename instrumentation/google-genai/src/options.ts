import type { InstrumentationConfig } from '@opentelemetry/instrumentation';

/** How the calls of @google/genai are told of. */
export interface GoogleGenAIOptions extends InstrumentationConfig {
  /**
   * Whether the span of a call holds what was asked and answered, as `gen_ai.input.messages`,
   * `gen_ai.system_instructions` and `gen_ai.output.messages`. Media are named and never copied. Default: false.
   * `@ai-cost-profiler/node` sets it where `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`.
   */
  captureMessageContent?: boolean;
}
