/**
 * One call as each emitter tells it: for every dialect, and each provider whose calls it tells whole, the span that it
 * writes of given quantities. What a total holds differs by emitter and provider, which is what these show.
 */
import {
  claudeCode,
  codex,
  geminiCli,
  genkit,
  inclusive,
  langfuse,
  langSmith,
  liteLlm1,
  mlflow,
  openInference,
  openInferenceBedrock,
  output,
  type Renderer,
  type ToldCall,
  vercelAi,
} from './test-own-names.ts';
import type { TestSpan } from './test-span.ts';

export type Rendering = readonly [
  dialect: string,
  provider: ToldCall['provider'],
  how: string,
  render: Renderer,
];

/** Quantities under names of the emitter; what it has no name for is not told. */
interface UsageNames {
  input: string;
  output: string;
  cacheRead: string;
  cacheWrite?: string;
  reasoning?: string;
}

const OTEL: UsageNames = {
  input: 'gen_ai.usage.input_tokens',
  output: 'gen_ai.usage.output_tokens',
  cacheRead: 'gen_ai.usage.cache_read.input_tokens',
  cacheWrite: 'gen_ai.usage.cache_creation.input_tokens',
  reasoning: 'gen_ai.usage.reasoning.output_tokens',
};
const UNDERSCORE: UsageNames = {
  ...OTEL,
  cacheRead: 'gen_ai.usage.cache_read_input_tokens',
  cacheWrite: 'gen_ai.usage.cache_creation_input_tokens',
  reasoning: 'gen_ai.usage.reasoning_tokens',
};

interface Told {
  names: UsageNames;
  /** The input total leaves the cache out. */
  isExclusive?: boolean;
  /** The output total leaves the reasoning out. */
  isBeside?: boolean;
}

function usageOf(call: ToldCall, { names, isExclusive, isBeside }: Told) {
  return {
    [names.input]: isExclusive ? call.uncached : inclusive(call),
    [names.output]: isBeside ? call.text : output(call),
    [names.cacheRead]: call.cacheRead,
    ...(names.cacheWrite === undefined ? {} : { [names.cacheWrite]: call.cacheWrite }),
    ...(names.reasoning === undefined ? {} : { [names.reasoning]: call.reasoning }),
  };
}

/** A span with the conventions' identity, in an emitter's scope, with marks of its own. */
function otel(scope: string, told: Told, marks: TestSpan['attributes'] = {}): Renderer {
  return (call) => ({
    scope,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': call.provider,
      'gen_ai.request.model': call.model,
      ...usageOf(call, told),
      ...marks,
    },
  });
}

const named =
  (name: string, render: Renderer): Renderer =>
  (call) => ({ ...render(call), name });

/** Micrometer writes every value as text. */
const asTexts =
  (render: Renderer): Renderer =>
  (call) => {
    const { attributes, ...span } = render(call);
    const texts = Object.entries(attributes).map(([key, value]) => [key, String(value)]);
    return { ...span, attributes: Object.fromEntries(texts) };
  };

const DOTTED: UsageNames = {
  ...OTEL,
  cacheRead: 'gen_ai.usage.input_tokens.cached',
  cacheWrite: 'gen_ai.usage.input_tokens.cache_write',
  reasoning: 'gen_ai.usage.output_tokens.reasoning',
};
const LIVEKIT: UsageNames = {
  input: OTEL.input,
  output: OTEL.output,
  cacheRead: 'gen_ai.usage.input_cached_tokens',
};
const ANTHROPIC_SDK: UsageNames = {
  ...OTEL,
  cacheWrite: 'anthropic.usage.cache_creation.ephemeral_5m_input_tokens',
};
const EXCLUSIVE: Told = { names: UNDERSCORE, isExclusive: true };
const BESIDE: Told = { names: UNDERSCORE, isBeside: true };

const openLlmetry =
  (library: string, told: Told): Renderer =>
  (call) => ({
    version: '0.62.4',
    ...otel(`opentelemetry.instrumentation.${library}`, told, { 'llm.request.type': 'chat' })(call),
  });
const openLit = (library: string, told: Told) => otel(`openlit.instrumentation.${library}`, told);
const sentry = otel('@sentry/node', { names: DOTTED }, { 'sentry.op': 'x' });
const dify = otel('dify', { names: OTEL }, { 'gen_ai.framework': 'dify' });
const agentO11y = (told: Told) =>
  otel('agento11y', told, { 'gen_ai.operation.name': 'generateText' });
const lmnr = otel('lmnr.sdk', { names: UNDERSCORE }, { 'lmnr.span.type': 'LLM' });
const agentOps = otel('agentops', { names: UNDERSCORE }, { 'agentops.span.kind': 'llm' });
const mark = (key: string, value: string) => ({ [key]: value });
const OWN: UsageNames = { ...OTEL, cacheWrite: 'gen_ai.usage.cache_write.input_tokens' };
const own = (name: string) => otel(`@ai-cost-profiler/${name}`, { names: OWN });
const liteLlm2 = otel('litellm', { names: OTEL }, mark('litellm.call_type', 'acompletion'));
const strands = otel('strands.telemetry.tracer', EXCLUSIVE, {
  'gen_ai.provider.name': 'strands-agents',
});
const adk = otel('gcp.vertex.agent', { names: OTEL }, { 'gen_ai.provider.name': 'gemini' });
const spring = (told: Told) => asTexts(otel('org.springframework.boot', told));

export const RENDERINGS: readonly Rendering[] = [
  ['aicost', 'openai', 'package', own('openai')],
  ['aicost', 'anthropic', 'package', own('anthropic')],
  ['aicost', 'gcp.gemini', 'package', own('google-genai')],
  ['aicost', 'aws.bedrock', 'package', own('bedrock')],
  ['aicost', 'openrouter', 'recorded', own('core')],
  ['otel_genai', 'openai', '1.41', otel('', { names: OTEL })],
  ['otel_genai', 'anthropic', '1.41', otel('', { names: OTEL })],
  ['otel_genai', 'gcp.gemini', '1.41', otel('', { names: OTEL })],
  ['otel_genai', 'aws.bedrock', '1.41', otel('', { names: OTEL })],
  ['openllmetry', 'openai', 'python', openLlmetry('openai.v1', { names: UNDERSCORE })],
  ['openllmetry', 'aws.bedrock', 'python', openLlmetry('bedrock', EXCLUSIVE)],
  ['openllmetry', 'anthropic', 'python', openLlmetry('anthropic', { names: UNDERSCORE })],
  ['openllmetry', 'gcp.gemini', 'python', openLlmetry('google_generativeai', BESIDE)],
  ['openinference', 'openai', 'python', openInference],
  ['openinference', 'anthropic', 'python', openInference],
  ['openinference', 'aws.bedrock', 'Converse', openInferenceBedrock],
  ['vercel_ai', 'openai', '6', vercelAi],
  ['vercel_ai', 'anthropic', '6', vercelAi],
  ['vercel_ai', 'gcp.gemini', '6', vercelAi],
  ['vercel_ai', 'aws.bedrock', '6', vercelAi],
  ['langfuse', 'openai', 'wrapper of the client', langfuse],
  ['litellm', 'openai', '1', liteLlm1],
  ['litellm', 'anthropic', '1', liteLlm1],
  ['litellm', 'openai', '2', liteLlm2],
  ['litellm', 'gcp.gemini', '2', liteLlm2],
  ['litellm', 'aws.bedrock', '2', liteLlm2],
  ['pydantic_ai', 'openai', '2', otel('pydantic-ai', { names: OTEL })],
  ['pydantic_ai', 'anthropic', '2', otel('pydantic-ai', { names: OTEL })],
  ['claude_code', 'anthropic', 'span', claudeCode],
  ['codex', 'openai', 'event', codex],
  ['openrouter', 'openrouter', 'broadcast', otel('openrouter', { names: DOTTED })],
  ['anthropic_sdk', 'anthropic', 'ts', otel('com.anthropic.sdk.ts', { names: ANTHROPIC_SDK })],
  ['gemini_cli', 'gcp.gemini', 'event', geminiCli],
  ['google_adk', 'gcp.gemini', '2.3', named('generate_content', adk)],
  ['genkit', 'gcp.gemini', 'model', genkit],
  ['strands', 'aws.bedrock', '1.53', strands],
  ['microsoft', 'openai', '.NET', otel('Experimental.Microsoft.Extensions.AI', { names: OTEL })],
  ['spring_ai', 'openai', '1.1', spring({ names: OTEL })],
  ['spring_ai', 'anthropic', '1.1', spring({ names: OTEL, isExclusive: true })],
  ['spring_ai', 'aws.bedrock', '1.1', spring({ names: OTEL, isExclusive: true })],
  ['spring_ai', 'gcp.gemini', '1.1', spring({ names: OTEL })],
  ['langchain4j', 'openai', '1', otel('dev.langchain4j', { names: OTEL })],
  ['agento11y', 'openai', 'sdk', agentO11y({ names: UNDERSCORE })],
  ['agento11y', 'anthropic', 'sdk', agentO11y(EXCLUSIVE)],
  ['agento11y', 'gcp.gemini', 'sdk', agentO11y(BESIDE)],
  ['livekit', 'openai', '1', named('llm_request', otel('livekit-agents', { names: LIVEKIT }))],
  ['dify', 'openai', '1', dify],
  ['dify', 'anthropic', '1', dify],
  ['mlflow', 'openai', '3', mlflow],
  ['mlflow', 'anthropic', '3', mlflow],
  ['langsmith', 'openai', 'python', langSmith],
  ['langsmith', 'anthropic', 'python', langSmith],
  ['langsmith', 'aws.bedrock', 'python', langSmith],
  ['laminar', 'openai', 'sdk', lmnr],
  ['laminar', 'anthropic', 'sdk', lmnr],
  ['agentops', 'openai', 'sdk', agentOps],
  ['agentops', 'anthropic', 'sdk', agentOps],
  ['sentry', 'openai', 'js', sentry],
  ['sentry', 'anthropic', 'js', sentry],
  ['openlit', 'openai', 'python', openLit('openai', { names: OTEL })],
  ['openlit', 'anthropic', 'python', openLit('anthropic', { names: OTEL, isExclusive: true })],
  ['openlit', 'aws.bedrock', 'python', openLit('bedrock', { names: OTEL, isExclusive: true })],
  ['openlit', 'anthropic', 'python over LangChain', openLit('langchain', { names: OTEL })],
];
