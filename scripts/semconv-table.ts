/**
 * The attribute names that `instrumentation/` uses. Those of OpenTelemetry are taken from its published package under
 * their constant's name; those that the package does not have yet, and our own, stand here with their source.
 */

/** Constants of @opentelemetry/semantic-conventions/incubating. */
export const PUBLISHED_NAMES: readonly string[] = [
  'ATTR_AWS_REQUEST_ID',
  'ATTR_ERROR_TYPE',
  'ATTR_GEN_AI_AGENT_NAME',
  'ATTR_GEN_AI_CONVERSATION_ID',
  'ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT',
  'ATTR_GEN_AI_INPUT_MESSAGES',
  'ATTR_GEN_AI_OPERATION_NAME',
  'ATTR_GEN_AI_OUTPUT_MESSAGES',
  'ATTR_GEN_AI_PROMPT_NAME',
  'ATTR_GEN_AI_PROVIDER_NAME',
  'ATTR_GEN_AI_REQUEST_CHOICE_COUNT',
  'ATTR_GEN_AI_REQUEST_MAX_TOKENS',
  'ATTR_GEN_AI_REQUEST_MODEL',
  'ATTR_GEN_AI_REQUEST_STREAM',
  'ATTR_GEN_AI_REQUEST_TEMPERATURE',
  'ATTR_GEN_AI_REQUEST_TOP_K',
  'ATTR_GEN_AI_REQUEST_TOP_P',
  'ATTR_GEN_AI_RESPONSE_FINISH_REASONS',
  'ATTR_GEN_AI_RESPONSE_ID',
  'ATTR_GEN_AI_RESPONSE_MODEL',
  'ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK',
  'ATTR_GEN_AI_SYSTEM_INSTRUCTIONS',
  'ATTR_GEN_AI_TOOL_NAME',
  'ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS',
  'ATTR_GEN_AI_USAGE_INPUT_TOKENS',
  'ATTR_GEN_AI_USAGE_OUTPUT_TOKENS',
  'ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS',
  'ATTR_GEN_AI_WORKFLOW_NAME',
  'ATTR_HTTP_REQUEST_RESEND_COUNT',
  'ATTR_HTTP_RESPONSE_STATUS_CODE',
  'ATTR_JSONRPC_REQUEST_ID',
  'ATTR_MCP_METHOD_NAME',
  'ATTR_MCP_PROTOCOL_VERSION',
  'ATTR_MCP_RESOURCE_URI',
  'ATTR_MCP_SESSION_ID',
  'ATTR_NETWORK_PROTOCOL_NAME',
  'ATTR_NETWORK_TRANSPORT',
  'ATTR_OPENAI_RESPONSE_SERVICE_TIER',
  'ATTR_RPC_RESPONSE_STATUS_CODE',
  'ATTR_OPENAI_API_TYPE',
  'ATTR_OPENAI_REQUEST_SERVICE_TIER',
  'ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT',
  'ATTR_SERVER_ADDRESS',
  'ATTR_SERVER_PORT',
  'ATTR_SESSION_ID',
  'ATTR_USER_ID',
];

export interface OwnName {
  readonly constant: string;
  readonly attribute: string;
  readonly about: string;
}

const genai = (attribute: string, about: string): OwnName => ({
  constant: `ATTR_${attribute.toUpperCase().replaceAll('.', '_')}`,
  attribute,
  about: `${about} (open-telemetry/semantic-conventions-genai at 024a4f9)`,
});

const own = (attribute: string, about: string): OwnName => ({
  constant: `ATTR_${attribute.toUpperCase().replaceAll('.', '_')}`,
  attribute,
  about,
});

export const OWN_NAMES: readonly OwnName[] = [
  genai('gen_ai.prompt.version', 'Version of a named prompt'),
  genai(
    'gen_ai.usage.cache_write.input_tokens',
    'Input tokens written to a cache, within the input',
  ),
  genai('gen_ai.usage.audio.input_tokens', 'Audio tokens within the input'),
  genai('gen_ai.usage.image.input_tokens', 'Image tokens within the input'),
  genai('gen_ai.usage.audio.cache_read.input_tokens', 'Audio tokens within the cache reads'),
  genai('gen_ai.usage.audio.output_tokens', 'Audio tokens within the output'),
  genai('gen_ai.usage.image.output_tokens', 'Image tokens within the output'),
  own('aicost.feature', 'What of the product the call was for'),
  {
    constant: 'PREFIX_AICOST_TAG',
    attribute: 'aicost.tag.',
    about: 'Beginning of free dimensions',
  },
  own('aicost.usage.cache_write_5m_tokens', 'Cache writes kept for 5 minutes, within all of them'),
  own('aicost.usage.cache_write_1h_tokens', 'Cache writes kept for an hour, within all of them'),
  own('aicost.usage.video_input_tokens', 'Video tokens within the input'),
  own('aicost.usage.video_cache_read_tokens', 'Video tokens within the cache reads'),
  own('aicost.usage.tool_use_tokens', 'Prompt tokens of built-in tools, beside the input'),
  own('aicost.usage.citation_tokens', 'Tokens of cited pages, beside the input'),
  own('aicost.usage.requests', 'Requests that are charged each'),
  own('aicost.usage.web_searches', 'Web searches of built-in tools'),
  own('aicost.usage.file_searches', 'File searches of built-in tools'),
  own('aicost.usage.code_sessions', 'Sessions of a code interpreter'),
  own(
    'aicost.usage.code_executions',
    'Runs of code in a sandbox that is charged by time, not by run',
  ),
  own('aicost.usage.web_fetches', 'Pages that built-in tools fetched, which are not charged'),
  own('aicost.usage.images', 'Images made'),
  own('aicost.usage.characters', 'Characters read aloud'),
  own('aicost.usage.pages', 'Pages read'),
  own('aicost.usage.search_units', 'Search units of a reranker'),
  own('aicost.usage.audio_seconds', 'Seconds of audio, may be a fraction'),
  own('aicost.usage.session_seconds', 'Seconds of a session, may be a fraction'),
  own('aicost.usage.cache_token_hours', 'Tokens kept in a cache times hours'),
  own('aicost.service_tier', 'The service tier that served the call, as the provider names it'),
  own('aicost.batch', 'The call was made in a batch'),
  own('aicost.speed', 'The speed that served the call (Anthropic)'),
  own('aicost.region', 'Where the call was served'),
  own('aicost.inference_geo', 'The geography that the call was bound to (Anthropic)'),
  own('aicost.search_context_size', 'How much a web search read: low, medium, high (OpenAI)'),
  own('aicost.previous_response.id', 'The answer that a call goes on from, kept by the provider'),
  own('aicost.cost_usd', 'What the provider or a tool said it cost, in USD as a plain decimal'),
  own('aicost.prompt.fingerprint', 'MinHash of the prompt, instead of its text'),
  own('aicost.prompt.boundaries', 'Rolling hashes and sizes at the ends of its messages'),
];
