/**
 * One call as emitters with names of their own tell it; those that write the conventions' names are in
 * test-renderers.ts.
 */
import type { TestSpan } from './test-span.ts';

/** Disjoint quantities of a call, and who bills it. */
export interface ToldCall {
  provider: 'openai' | 'anthropic' | 'gcp.gemini' | 'aws.bedrock' | 'openrouter';
  model: string;
  uncached: number;
  cacheRead: number;
  /** 0 where the provider does not charge for writes. */
  cacheWrite: number;
  text: number;
  reasoning: number;
}

export type Renderer = (call: ToldCall) => TestSpan;

export const inclusive = ({ uncached, cacheRead, cacheWrite }: ToldCall) =>
  uncached + cacheRead + cacheWrite;
export const output = ({ text, reasoning }: ToldCall) => text + reasoning;

export function openInference(call: ToldCall): TestSpan {
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

export const openInferenceBedrock: Renderer = (call) => {
  const { attributes } = openInference(call);
  const scope = 'openinference.instrumentation.bedrock';
  const own = { 'llm.token_count.prompt': call.uncached };
  return { scope, name: 'bedrock.converse', attributes: { ...attributes, ...own } };
};

/** 6 and later: the details tell the uncached part too. */
export function vercelAi(call: ToldCall): TestSpan {
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
export function langfuse(call: ToldCall): TestSpan {
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
export function liteLlm1(call: ToldCall): TestSpan {
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

export function claudeCode(call: ToldCall): TestSpan {
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

export function geminiCli(call: ToldCall): TestSpan {
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

export function genkit(call: ToldCall): TestSpan {
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

export function mlflow(call: ToldCall): TestSpan {
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

export function langSmith(call: ToldCall): TestSpan {
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

/** Counts of the OpenAI API, some as texts; no provider is told. */
export function codex(call: ToldCall): TestSpan {
  return {
    name: 'codex.sse_event',
    attributes: {
      'event.name': 'codex.sse_event',
      'event.kind': 'response.completed',
      model: call.model,
      input_token_count: String(inclusive(call)),
      output_token_count: String(output(call)),
      cached_token_count: call.cacheRead,
      reasoning_token_count: call.reasoning,
    },
  };
}
