/** A call with audio in and out, as each emitter that can say so tells it. */
import type { TestSpan } from './test-span.ts';

/** Disjoint quantities of a call of OpenAI's realtime model. */
export interface ToldAudio {
  uncached: number;
  cacheRead: number;
  inputAudio: number;
  text: number;
  reasoning: number;
  outputAudio: number;
}

export const AUDIO_MODEL = 'gpt-realtime';

const inputOf = ({ uncached, cacheRead, inputAudio }: ToldAudio) =>
  uncached + cacheRead + inputAudio;
const outputOf = ({ text, reasoning, outputAudio }: ToldAudio) => text + reasoning + outputAudio;

interface AudioNames {
  cacheRead?: string;
  reasoning?: string;
  inputAudio: string;
  outputAudio: string;
}

/** A span by the conventions' names but for these. */
function otel(scope: string, names: AudioNames, marks: TestSpan['attributes'] = {}) {
  return (told: ToldAudio): TestSpan => ({
    scope,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': AUDIO_MODEL,
      'gen_ai.usage.input_tokens': inputOf(told),
      'gen_ai.usage.output_tokens': outputOf(told),
      [names.cacheRead ?? 'gen_ai.usage.cache_read.input_tokens']: told.cacheRead,
      [names.reasoning ?? 'gen_ai.usage.reasoning.output_tokens']: told.reasoning,
      [names.inputAudio]: told.inputAudio,
      [names.outputAudio]: told.outputAudio,
      ...marks,
    },
  });
}

const CONVENTIONS: AudioNames = {
  inputAudio: 'gen_ai.usage.audio.input_tokens',
  outputAudio: 'gen_ai.usage.audio.output_tokens',
};
const BEFORE: AudioNames = {
  inputAudio: 'gen_ai.usage.input_audio_tokens',
  outputAudio: 'gen_ai.usage.output_audio_tokens',
};
const DETAILS: AudioNames = {
  inputAudio: 'gen_ai.usage.details.input_audio_tokens',
  outputAudio: 'gen_ai.usage.details.output_audio_tokens',
};
const LAMINAR: AudioNames = {
  inputAudio: 'gen_ai.usage.audio_input_tokens',
  outputAudio: 'gen_ai.usage.audio_output_tokens',
};

function openInference(told: ToldAudio): TestSpan {
  return {
    scope: 'openinference.instrumentation.openai',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.provider': 'openai',
      'llm.model_name': AUDIO_MODEL,
      'llm.token_count.prompt': inputOf(told),
      'llm.token_count.completion': outputOf(told),
      'llm.token_count.prompt_details.cache_read': told.cacheRead,
      'llm.token_count.prompt_details.audio': told.inputAudio,
      'llm.token_count.completion_details.reasoning': told.reasoning,
      'llm.token_count.completion_details.audio': told.outputAudio,
    },
  };
}

function langfuse(told: ToldAudio): TestSpan {
  const details = {
    input: told.uncached,
    input_cached_tokens: told.cacheRead,
    input_audio_tokens: told.inputAudio,
    output: told.text,
    output_reasoning_tokens: told.reasoning,
    output_audio_tokens: told.outputAudio,
    total: inputOf(told) + outputOf(told),
  };
  return {
    scope: 'langfuse-sdk',
    name: 'OpenAI.chat',
    attributes: {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': AUDIO_MODEL,
      'langfuse.observation.usage_details': JSON.stringify(details),
    },
  };
}

function liteLlm(told: ToldAudio): TestSpan {
  const dict =
    `{'prompt_tokens': ${inputOf(told)}, 'completion_tokens': ${outputOf(told)}, ` +
    `'prompt_tokens_details': {'cached_tokens': ${told.cacheRead}, 'audio_tokens': ${told.inputAudio}}, ` +
    `'completion_tokens_details': {'reasoning_tokens': ${told.reasoning}, 'audio_tokens': ${told.outputAudio}}}`;
  return {
    scope: 'litellm',
    name: 'litellm_request',
    attributes: {
      'llm.request.type': 'acompletion',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': AUDIO_MODEL,
      'metadata.usage_object': dict,
    },
  };
}

function langSmith(told: ToldAudio): TestSpan {
  const { cacheRead, inputAudio, reasoning, outputAudio } = told;
  const usage = {
    input_tokens: inputOf(told),
    output_tokens: outputOf(told),
    input_token_details: { cache_read: cacheRead, audio: inputAudio },
    output_token_details: { reasoning, audio: outputAudio },
  };
  return {
    scope: 'langsmith',
    attributes: {
      'langsmith.span.kind': 'llm',
      'langsmith.metadata.ls_provider': 'openai',
      'gen_ai.request.model': AUDIO_MODEL,
      'langsmith.usage_metadata': JSON.stringify(usage),
    },
  };
}

function liveKit(told: ToldAudio): TestSpan {
  const metrics = {
    input_tokens: inputOf(told),
    output_tokens: outputOf(told),
    input_token_details: { cached_tokens: told.cacheRead, audio_tokens: told.inputAudio },
    output_token_details: { audio_tokens: told.outputAudio },
  };
  const attributes = {
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': AUDIO_MODEL,
    'lk.realtime_model_metrics': JSON.stringify(metrics),
  };
  return { scope: 'livekit-agents', name: 'realtime_response', attributes };
}

export type AudioRendering = readonly [dialect: string, render: (told: ToldAudio) => TestSpan];

const MICROSOFT = 'Experimental.Microsoft.Extensions.AI';

export const AUDIO_RENDERINGS: readonly AudioRendering[] = [
  ['aicost', otel('@ai-cost-profiler/openai', CONVENTIONS)],
  ['otel_genai', otel('', CONVENTIONS)],
  ['pydantic_ai', otel('pydantic-ai', DETAILS)],
  ['microsoft', otel(MICROSOFT, BEFORE)],
  ['laminar', otel('lmnr.sdk', LAMINAR, { 'lmnr.span.type': 'LLM' })],
  ['openinference', openInference],
  ['langfuse', langfuse],
  ['litellm', liteLlm],
  ['langsmith', langSmith],
  ['livekit', liveKit],
];
