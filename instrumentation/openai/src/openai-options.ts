/** What a person may decide about the instrumentation of the OpenAI SDK. */
import type { ContentOptions } from '@ai-cost-profiler/core/content.ts';

export interface OpenAIOptions extends ContentOptions {
  /**
   * Whether streams of chat completions are asked for their usage (`stream_options.include_usage`), which they do not
   * tell otherwise. The chunk that is sent only because of it is kept from the application, and a server that refuses
   * the option gets the request again without. Default: true. No environment variable.
   */
  readonly askForStreamUsage?: boolean | undefined;
}
