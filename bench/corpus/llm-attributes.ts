/**
 * An LLM call in the words of four instrumentations: OpenTelemetry's own conventions (most of the corpus),
 * OpenLLMetry, OpenInference and the Vercel AI SDK. Without content, which is how they are run in production; with
 * it on request.
 */
import type { Chance } from './chance.ts';
import type { Attributes, Scope, Value } from './span.ts';
import type { Texts } from './texts.ts';
import { type Feature, type Model, SCOPES } from './world.ts';

export interface CallUsage {
  /** Everything that went in. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Everything that came out. */
  readonly output: number;
  readonly reasoning: number;
}

export interface Whom {
  readonly user: string;
  readonly session: string;
}

export interface LlmCall {
  readonly model: Model;
  readonly feature: Feature;
  readonly whom: Whom | undefined;
  readonly usage: CallUsage;
  readonly finish: string;
  readonly firstChunkS: number;
  readonly isStreamed: boolean;
}

interface Written {
  readonly scope: Scope;
  readonly name: string;
  readonly attributes: Attributes;
}

type List = [string, Value][];

const CACHE_STEP = 128;
const MAX_TOKENS = [1_024, 2_048, 4_096, 8_192];
const TEMPERATURES = [0, 0, 0.2, 0.7, 1];

export function drawCall(chance: Chance, feature: Feature, whom: Whom | undefined): LlmCall {
  const model = chance.ranked(feature.models);
  const input = chance.wholeAround(feature.inputTokens, 0.7);
  const isCached = chance.happens(model.cachedShare);
  const cached = isCached ? Math.floor((input * chance.share()) / CACHE_STEP) * CACHE_STEP : 0;
  const isWritten = model.provider === 'anthropic' && cached > 0 && chance.happens(0.3);
  const reasoning = model.reasons ? chance.wholeAround(300, 0.8) : 0;
  const usage: CallUsage = {
    ...{ input, cacheRead: isWritten ? 0 : cached, cacheWrite: isWritten ? cached : 0 },
    ...{ output: chance.wholeAround(feature.outputTokens, 0.8) + reasoning, reasoning },
  };
  return {
    ...{ model, feature, whom, usage, isStreamed: chance.happens(0.6) },
    finish: chance.happens(0.85) ? 'stop' : chance.pick(['tool_calls', 'length']),
    firstChunkS: chance.around(0.5, 0.5),
  };
}

/** By its provider's SDK and how the team instruments it. */
export function writeCall(chance: Chance, call: LlmCall, texts: Texts | undefined): Written {
  const { provider } = call.model;
  if (call.feature.team === 'developer-tools') return vercel(chance, call, texts);
  if (provider === 'anthropic') return openllmetry(chance, call, texts);
  return conventions(chance, call, texts);
}

function answerId(chance: Chance, { idPrefix, idLetters }: Model): Value {
  return { unique: `${idPrefix}${chance.letters(idLetters)}` };
}

function conventions(chance: Chance, call: LlmCall, texts: Texts | undefined): Written {
  const { model, usage } = call;
  const attributes: List = [
    ['gen_ai.operation.name', 'chat'],
    ['gen_ai.provider.name', model.provider],
    ['gen_ai.request.model', model.asked],
    ['gen_ai.request.max_tokens', chance.pick(MAX_TOKENS)],
    ['gen_ai.request.temperature', { double: chance.pick(TEMPERATURES) }],
    ['gen_ai.request.top_p', { double: 0.95 }],
    ['gen_ai.request.stream', call.isStreamed],
    ['gen_ai.response.model', model.answered],
    ['gen_ai.response.id', answerId(chance, model)],
    ['gen_ai.response.finish_reasons', [call.finish]],
    ['gen_ai.usage.input_tokens', usage.input],
    ['gen_ai.usage.output_tokens', usage.output],
    ['server.address', model.host],
    ['server.port', 443],
  ];
  if (usage.cacheRead > 0) {
    attributes.push(['gen_ai.usage.cache_read.input_tokens', usage.cacheRead]);
  }
  if (usage.reasoning > 0) {
    attributes.push(['gen_ai.usage.reasoning.output_tokens', usage.reasoning]);
  }
  if (call.isStreamed) {
    attributes.push(['gen_ai.response.time_to_first_chunk', { double: call.firstChunkS }]);
  }
  if (model.provider === 'openai') attributes.push(['openai.response.service_tier', 'default']);
  attributes.push(...whomAndWhat(chance, call));
  if (texts !== undefined) {
    const prompt = call.feature.name;
    attributes.push(['gen_ai.input.messages', texts.input(chance, prompt, usage.input)]);
    attributes.push(['gen_ai.output.messages', texts.output(chance, usage.output)]);
  }
  return { scope: SCOPES.openai, name: `chat ${model.asked}`, attributes };
}

/** Whom and what for, as the conventions and our own attributes tell it. */
function whomAndWhat(chance: Chance, { whom, feature }: LlmCall): List {
  const prompt = chance.ranked(feature.prompts);
  const attributes: List = [
    ['gen_ai.prompt.name', prompt.name],
    ['gen_ai.prompt.version', prompt.version],
    ['aicost.feature', feature.name],
    ['aicost.tag.team', feature.team],
  ];
  if (feature.agent !== '') attributes.push(['gen_ai.agent.name', feature.agent]);
  if (whom !== undefined) {
    attributes.push(['user.id', whom.user], ['gen_ai.conversation.id', whom.session]);
  }
  return attributes;
}

function openllmetry(chance: Chance, call: LlmCall, texts: Texts | undefined): Written {
  const { model, usage, whom, feature } = call;
  const prompt = chance.ranked(feature.prompts);
  const attributes: List = [
    ['gen_ai.system', 'Anthropic'],
    ['llm.request.type', 'chat'],
    ['gen_ai.request.model', model.asked],
    ['gen_ai.request.max_tokens', chance.pick(MAX_TOKENS)],
    ['llm.is_streaming', call.isStreamed],
    ['gen_ai.response.model', model.answered],
    ['gen_ai.response.id', answerId(chance, model)],
    ['gen_ai.usage.input_tokens', usage.input],
    ['gen_ai.usage.output_tokens', usage.output],
    ['llm.usage.total_tokens', usage.input + usage.output],
    ['gen_ai.usage.cache_read_input_tokens', usage.cacheRead],
    ['gen_ai.usage.cache_creation_input_tokens', usage.cacheWrite],
    ['gen_ai.completion.0.finish_reason', call.finish === 'stop' ? 'end_turn' : call.finish],
    ['gen_ai.completion.0.role', 'assistant'],
    ['traceloop.workflow.name', feature.name],
    ['traceloop.entity.path', prompt.name],
    ['aicost.feature', feature.name],
    ['aicost.tag.team', feature.team],
  ];
  if (whom !== undefined) {
    attributes.push(['traceloop.association.properties.user_id', whom.user]);
    attributes.push(['traceloop.association.properties.session_id', whom.session]);
  }
  if (texts !== undefined) {
    const input = texts.input(chance, prompt.name, usage.input);
    attributes.push(['gen_ai.prompt.0.role', 'user'], ['gen_ai.prompt.0.content', input]);
    attributes.push(['gen_ai.completion.0.content', texts.output(chance, usage.output)]);
  }
  return { scope: SCOPES.openllmetry, name: 'anthropic.chat', attributes };
}

function vercel(chance: Chance, call: LlmCall, texts: Texts | undefined): Written {
  const { model, usage, whom, feature } = call;
  const verb = call.isStreamed ? 'streamText' : 'generateText';
  const operation = `ai.${verb}.do${call.isStreamed ? 'Stream' : 'Generate'}`;
  const attributes: List = [
    ['operation.name', `${operation} ${feature.name}`],
    ['resource.name', feature.name],
    ['ai.operationId', operation],
    ['ai.telemetry.functionId', feature.name],
    ['ai.model.provider', `${model.provider}.chat`],
    ['ai.model.id', model.asked],
    ['ai.settings.maxRetries', 2],
    ['ai.response.finishReason', call.finish],
    ['ai.response.id', answerId(chance, model)],
    ['ai.response.model', model.answered],
    ['ai.usage.inputTokens', usage.input],
    ['ai.usage.outputTokens', usage.output],
    ['ai.usage.totalTokens', usage.input + usage.output],
    ['gen_ai.system', `${model.provider}.chat`],
    ['gen_ai.request.model', model.asked],
    ['gen_ai.response.finish_reasons', [call.finish]],
    ['gen_ai.response.model', model.answered],
    ['gen_ai.usage.input_tokens', usage.input],
    ['gen_ai.usage.output_tokens', usage.output],
    ['ai.telemetry.metadata.team', feature.team],
  ];
  if (whom !== undefined) {
    attributes.push(['ai.telemetry.metadata.userId', whom.user]);
    attributes.push(['ai.telemetry.metadata.sessionId', whom.session]);
  }
  if (texts !== undefined) {
    attributes.push(['ai.prompt.messages', texts.input(chance, feature.name, usage.input)]);
    attributes.push(['ai.response.text', texts.output(chance, usage.output)]);
  }
  return { scope: SCOPES.ai, name: operation, attributes };
}

/** What LangChain's callback sees of a call: the same numbers once more. */
export function writeFrameworkView(chance: Chance, call: LlmCall): Written {
  const { model, usage, feature, whom } = call;
  const attributes: List = [
    ['openinference.span.kind', 'LLM'],
    ['llm.model_name', model.answered],
    ['llm.provider', model.provider],
    ['llm.token_count.prompt', usage.input],
    ['llm.token_count.completion', usage.output],
    ['llm.token_count.total', usage.input + usage.output],
    ['llm.invocation_parameters', `{"model": "${model.asked}", "temperature": 0.2}`],
    ['metadata', `{"ls_provider": "${model.provider}", "thread": "${chance.uuid()}"}`],
    ['tag.tags', [feature.team]],
  ];
  if (whom !== undefined) attributes.push(['user.id', whom.user], ['session.id', whom.session]);
  return { scope: SCOPES.openinference, name: 'ChatOpenAI', attributes };
}
