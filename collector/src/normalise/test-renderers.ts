/**
 * One call as each emitter tells it: for every dialect, and each provider whose calls it tells whole, the span that it
 * writes of given quantities. What a total holds differs by emitter and provider, which is what these show.
 */
import type { TestSpan } from './test-span.ts';

/** Disjoint quantities of a call, and who bills it. */
export interface ToldCall {
  provider: 'openai' | 'anthropic' | 'gcp.gemini' | 'aws.bedrock';
  model: string;
  uncached: number;
  cacheRead: number;
  /** 0 where the provider does not charge for writes. */
  cacheWrite: number;
  text: number;
  reasoning: number;
}

type Renderer = (call: ToldCall) => TestSpan;
export type Rendering = readonly [
  dialect: string,
  provider: ToldCall['provider'],
  how: string,
  render: Renderer,
];

const inclusive = ({ uncached, cacheRead, cacheWrite }: ToldCall) =>
  uncached + cacheRead + cacheWrite;
const output = ({ text, reasoning }: ToldCall) => text + reasoning;

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

function openInference(call: ToldCall): TestSpan {
  return {
    scope: 'openinference.instrumentation.openai',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.provider': call.provider,
      'llm.model_name': call.model,
      'llm.token_count.prompt': inclusive(call),
      'llm.token_count.completion': output(call),
      'llm.token_count.prompt_details.cache_read': call.cacheRead,
      'llm.token_count.prompt_details.cache_write': call.cacheWrite,
      'llm.token_count.completion_details.reasoning': call.reasoning,
    },
  };
}

const openInferenceBedrock: Renderer = (call) => {
  const { attributes } = openInference(call);
  const scope = 'openinference.instrumentation.bedrock';
  const own = { 'llm.token_count.prompt': call.uncached };
  return { scope, name: 'bedrock.converse', attributes: { ...attributes, ...own } };
};

/** 6 and later: the details tell the uncached part too. */
function vercelAi(call: ToldCall): TestSpan {
  return {
    scope: 'ai',
    name: 'ai.generateText.doGenerate',
    attributes: {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.provider': call.provider === 'gcp.gemini' ? 'google.generative-ai' : call.provider,
      'ai.model.id': call.model,
      'ai.usage.inputTokens': inclusive(call),
      'ai.usage.inputTokenDetails.noCacheTokens': call.uncached,
      'ai.usage.inputTokenDetails.cacheReadTokens': call.cacheRead,
      'ai.usage.inputTokenDetails.cacheWriteTokens': call.cacheWrite,
      'ai.usage.outputTokens': output(call),
      'ai.usage.outputTokenDetails.reasoningTokens': call.reasoning,
    },
  };
}

/** The wrapper of the OpenAI client, whose buckets are disjoint. */
function langfuse(call: ToldCall): TestSpan {
  const details = {
    input: call.uncached,
    input_cached_tokens: call.cacheRead,
    output: call.text,
    output_reasoning_tokens: call.reasoning,
    total: inclusive(call) + output(call),
  };
  return {
    scope: 'langfuse-sdk',
    name: 'OpenAI.chat',
    attributes: {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': call.model,
      'langfuse.observation.usage_details': JSON.stringify(details),
    },
  };
}

/** The first generation: the breakdown is a Python dict as text. */
function liteLlm1(call: ToldCall): TestSpan {
  const dict =
    `{'completion_tokens': ${output(call)}, 'prompt_tokens': ${inclusive(call)}, ` +
    `'total_tokens': ${inclusive(call) + output(call)}, ` +
    `'completion_tokens_details': {'reasoning_tokens': ${call.reasoning}}, ` +
    `'prompt_tokens_details': {'cached_tokens': ${call.cacheRead}}, ` +
    `'cache_creation_input_tokens': ${call.cacheWrite}}`;
  return {
    scope: 'litellm',
    name: 'litellm_request',
    attributes: {
      'llm.request.type': 'acompletion',
      'gen_ai.system': call.provider === 'gcp.gemini' ? 'gemini' : call.provider,
      'gen_ai.request.model': call.model,
      'gen_ai.usage.input_tokens': inclusive(call),
      'gen_ai.usage.output_tokens': output(call),
      'metadata.usage_object': dict,
    },
  };
}

function claudeCode(call: ToldCall): TestSpan {
  return {
    name: 'claude_code.llm_request',
    attributes: {
      'span.type': 'llm_request',
      'gen_ai.system': 'anthropic',
      model: call.model,
      input_tokens: call.uncached,
      output_tokens: output(call),
      cache_read_tokens: call.cacheRead,
      cache_creation_tokens: call.cacheWrite,
    },
  };
}

function geminiCli(call: ToldCall): TestSpan {
  return {
    scope: 'gemini-cli',
    name: 'gemini_cli.api_response',
    attributes: {
      'event.name': 'gemini_cli.api_response',
      'gen_ai.system': 'gemini',
      model: call.model,
      input_token_count: inclusive(call),
      output_token_count: call.text,
      cached_content_token_count: call.cacheRead,
      thoughts_token_count: call.reasoning,
    },
  };
}

function genkit(call: ToldCall): TestSpan {
  const usage = {
    inputTokens: inclusive(call),
    outputTokens: call.text,
    thoughtsTokens: call.reasoning,
    cachedContentTokens: call.cacheRead,
  };
  return {
    scope: 'genkit-tracer',
    attributes: {
      'genkit:metadata:subtype': 'model',
      'genkit:name': `googleai/${call.model}`,
      'genkit:output': JSON.stringify({ message: {}, usage }),
    },
  };
}

function mlflow(call: ToldCall): TestSpan {
  const usage = {
    input_tokens: inclusive(call),
    output_tokens: output(call),
    cache_read_input_tokens: call.cacheRead,
    cache_creation_input_tokens: call.cacheWrite,
  };
  return {
    scope: 'mlflow',
    attributes: {
      'mlflow.spanType': '"CHAT_MODEL"',
      'mlflow.llm.provider': `"${call.provider}"`,
      'mlflow.llm.model': `"${call.model}"`,
      'mlflow.chat.tokenUsage': JSON.stringify(usage),
    },
  };
}

function langSmith(call: ToldCall): TestSpan {
  return {
    scope: 'langsmith',
    attributes: {
      'langsmith.span.kind': 'llm',
      'gen_ai.system': 'langchain',
      'langsmith.metadata.ls_provider': call.provider,
      'gen_ai.request.model': call.model,
      'gen_ai.usage.input_tokens': inclusive(call),
      'gen_ai.usage.output_tokens': output(call),
      'gen_ai.usage.input_token_details': `{'cache_read': ${call.cacheRead}, 'cache_creation': ${call.cacheWrite}}`,
      'gen_ai.usage.output_token_details': `{'reasoning': ${call.reasoning}}`,
    },
  };
}

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

const openLlmetry = (library: string, told: Told) =>
  otel(`opentelemetry.instrumentation.${library}`, told, { 'llm.request.type': 'chat' });
const agentO11y = (told: Told) =>
  otel('agento11y', told, { 'gen_ai.operation.name': 'generateText' });
const lmnr = otel('lmnr.sdk', { names: UNDERSCORE }, { 'lmnr.span.type': 'LLM' });
const agentOps = otel('agentops', { names: UNDERSCORE }, { 'agentops.span.kind': 'llm' });
const mark = (key: string, value: string) => ({ [key]: value });
const liteLlm2 = otel('litellm', { names: OTEL }, mark('litellm.call_type', 'acompletion'));
const strands = otel('strands.telemetry.tracer', EXCLUSIVE, {
  'gen_ai.provider.name': 'strands-agents',
});
const adk = otel('gcp.vertex.agent', { names: OTEL }, { 'gen_ai.provider.name': 'gemini' });
const spring = (told: Told) => asTexts(otel('org.springframework.boot', told));

export const RENDERINGS: readonly Rendering[] = [
  ['otel_genai', 'openai', '1.41', otel('', { names: OTEL })],
  ['otel_genai', 'anthropic', '1.41', otel('', { names: OTEL })],
  ['otel_genai', 'gcp.gemini', '1.41', otel('', { names: OTEL })],
  ['otel_genai', 'aws.bedrock', '1.41', otel('', { names: OTEL })],
  ['openllmetry', 'openai', 'python', openLlmetry('openai.v1', { names: UNDERSCORE })],
  ['openllmetry', 'aws.bedrock', 'python', openLlmetry('bedrock', EXCLUSIVE)],
  ['openinference', 'openai', 'python', openInference],
  ['openinference', 'anthropic', 'python', openInference],
  ['openinference', 'aws.bedrock', 'Converse', openInferenceBedrock],
  ['vercel_ai', 'openai', '6', vercelAi],
  ['vercel_ai', 'anthropic', '6', vercelAi],
  ['vercel_ai', 'gcp.gemini', '6', vercelAi],
  ['langfuse', 'openai', 'wrapper of the client', langfuse],
  ['litellm', 'openai', '1', liteLlm1],
  ['litellm', 'anthropic', '1', liteLlm1],
  ['litellm', 'openai', '2', liteLlm2],
  ['litellm', 'gcp.gemini', '2', liteLlm2],
  ['pydantic_ai', 'openai', '2', otel('pydantic-ai', { names: OTEL })],
  ['pydantic_ai', 'anthropic', '2', otel('pydantic-ai', { names: OTEL })],
  ['claude_code', 'anthropic', 'span', claudeCode],
  ['anthropic_sdk', 'anthropic', 'ts', otel('com.anthropic.sdk.ts', { names: ANTHROPIC_SDK })],
  ['gemini_cli', 'gcp.gemini', 'event', geminiCli],
  ['google_adk', 'gcp.gemini', '2.3', named('generate_content', adk)],
  ['genkit', 'gcp.gemini', 'model', genkit],
  ['strands', 'aws.bedrock', '1.53', strands],
  ['microsoft', 'openai', '.NET', otel('Experimental.Microsoft.Extensions.AI', { names: OTEL })],
  ['spring_ai', 'openai', '1.1', spring({ names: OTEL })],
  ['spring_ai', 'anthropic', '1.1', spring({ names: OTEL, isExclusive: true })],
  ['langchain4j', 'openai', '1', otel('dev.langchain4j', { names: OTEL })],
  ['agento11y', 'openai', 'sdk', agentO11y({ names: UNDERSCORE })],
  ['agento11y', 'anthropic', 'sdk', agentO11y(EXCLUSIVE)],
  ['agento11y', 'gcp.gemini', 'sdk', agentO11y({ names: UNDERSCORE, isBeside: true })],
  ['livekit', 'openai', '1', named('llm_request', otel('livekit-agents', { names: LIVEKIT }))],
  ['dify', 'openai', '1', otel('dify', { names: OTEL }, mark('gen_ai.framework', 'dify'))],
  ['mlflow', 'openai', '3', mlflow],
  ['mlflow', 'anthropic', '3', mlflow],
  ['langsmith', 'openai', 'python', langSmith],
  ['langsmith', 'anthropic', 'python', langSmith],
  ['laminar', 'openai', 'sdk', lmnr],
  ['agentops', 'openai', 'sdk', agentOps],
  ['sentry', 'openai', 'js', otel('@sentry/node', { names: DOTTED }, mark('sentry.op', 'x'))],
  ['openlit', 'openai', 'python', otel('openlit.instrumentation.openai', { names: OTEL })],
];
