/** The variables that pages may name, each with where it is documented, and the values that we looked up. */

export interface KnownVariable {
  readonly source: string;
  /** Undefined: any value. */
  readonly values?: readonly string[];
}

const OTEL = 'opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables';
const OTLP = 'opentelemetry.io/docs/specs/otel/protocol/exporter';
const CLAUDE = 'code.claude.com/docs/en/monitoring-usage';
const GEMINI = 'github.com/google-gemini/gemini-cli docs/cli/telemetry.md';
const LITELLM = 'github.com/BerriAI/litellm litellm/integrations/otel/model/config.py';
const LITELLM_V1 = 'docs.litellm.ai/docs/observability/opentelemetry_integration';
const TRACELOOP = 'traceloop.com/docs/openllmetry/configuration';
const GENAI =
  'opentelemetry-python-contrib.readthedocs.io/en/latest/instrumentation-genai/openai.html';
const JAVA = 'opentelemetry.io/docs/zero-code/java/agent';
const EXPORTERS = ['otlp', 'none', 'console'];
const SWITCH = ['true', 'false'];

export const KNOWN_VARIABLES: Readonly<Record<string, KnownVariable>> = {
  AICOST_KEY: { source: 'collector/src/options.ts' },
  OTEL_SERVICE_NAME: { source: OTEL },
  OTEL_TRACES_EXPORTER: { source: OTEL, values: EXPORTERS },
  OTEL_METRICS_EXPORTER: { source: OTEL, values: [...EXPORTERS, 'prometheus'] },
  OTEL_LOGS_EXPORTER: { source: OTEL, values: EXPORTERS },
  OTEL_TRACES_SAMPLER: {
    source: OTEL,
    values: ['always_on', 'parentbased_always_on', 'traceidratio', 'parentbased_traceidratio'],
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: { source: OTLP },
  OTEL_EXPORTER_OTLP_HEADERS: { source: OTLP },
  OTEL_EXPORTER_OTLP_PROTOCOL: { source: OTLP, values: ['grpc', 'http/protobuf', 'http/json'] },
  OTEL_EXPORTER_OTLP_COMPRESSION: { source: OTLP, values: ['gzip', 'none'] },
  OTEL_SEMCONV_STABILITY_OPT_IN: { source: GENAI, values: ['gen_ai_latest_experimental'] },
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: { source: GENAI },
  JAVA_TOOL_OPTIONS: { source: JAVA },
  OTEL_LOG_USER_PROMPTS: { source: CLAUDE, values: ['1'] },
  CLAUDE_CODE_ENABLE_TELEMETRY: { source: CLAUDE, values: ['1'] },
  CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: { source: CLAUDE, values: ['1'] },
  GEMINI_TELEMETRY_ENABLED: { source: GEMINI, values: SWITCH },
  GEMINI_TELEMETRY_TARGET: { source: GEMINI, values: ['local', 'gcp'] },
  GEMINI_TELEMETRY_OTLP_ENDPOINT: { source: GEMINI },
  GEMINI_TELEMETRY_OTLP_PROTOCOL: { source: GEMINI, values: ['grpc', 'http'] },
  GEMINI_TELEMETRY_TRACES_ENABLED: { source: GEMINI, values: SWITCH },
  GEMINI_TELEMETRY_LOG_PROMPTS: { source: GEMINI, values: SWITCH },
  LITELLM_OTEL_V2: { source: LITELLM, values: SWITCH },
  OTEL_ENDPOINT: { source: LITELLM },
  OTEL_EXPORTER: { source: LITELLM },
  OTEL_HEADERS: { source: LITELLM },
  USE_OTEL_LITELLM_REQUEST_SPAN: { source: LITELLM_V1, values: SWITCH },
  TRACELOOP_BASE_URL: { source: TRACELOOP },
  TRACELOOP_HEADERS: { source: TRACELOOP },
  TRACELOOP_API_KEY: { source: TRACELOOP },
  TRACELOOP_TRACE_CONTENT: { source: TRACELOOP, values: SWITCH },
  TRACELOOP_METRICS_ENABLED: { source: TRACELOOP, values: SWITCH },
};
