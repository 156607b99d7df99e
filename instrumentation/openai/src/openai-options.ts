/** What a person may decide about the instrumentation of the OpenAI SDK. */
export interface OpenAIOptions {
  /**
   * Whether streams of chat completions are asked for their usage (`stream_options.include_usage`), which they do not
   * tell otherwise. The chunk that is sent only because of it is kept from the application, and a server that refuses
   * the option gets the request again without. Default: true. No environment variable.
   */
  readonly askForStreamUsage?: boolean | undefined;
  /**
   * Whether what was asked and answered goes on the span (`gen_ai.input.messages`, `gen_ai.output.messages`,
   * `gen_ai.system_instructions`). Default: false. `@ai-cost-profiler/node` sets it from
   * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`.
   */
  readonly captureMessageContent?: boolean | undefined;
}
