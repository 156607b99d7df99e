/**
 * Whose answer a framework's span shows, where it tells that only within the answer. By the provider and its id of the
 * answer a collector knows that the framework and the instrumentation of the provider's SDK saw one call. Neither
 * LangChain nor the OpenAI Agents SDK makes its spans active, so that nothing else ties the two.
 * Source: @arizeai/openinference-instrumentation-langchain 4.1.1, -openai-agents 0.2.15; @langchain/core 1.4.0.
 */
import type { Attributes } from '@opentelemetry/api';
import { ATTR_GEN_AI_PROVIDER_NAME, ATTR_GEN_AI_RESPONSE_ID } from './semconv.ts';

/** OpenInference's names. */
const SPAN_KIND = 'openinference.span.kind';
const OUTPUT = 'output.value';
const PROVIDER = 'llm.provider';

/** LangChain's own ids of runs. */
const OWN_ID = /^(?:lc_)?run-/;
/** Named alike by the conventions, OpenInference and LangChain; all name others in their own way. */
const PROVIDERS: readonly unknown[] = ['openai', 'anthropic'];

/** What to add to a span with these attributes: the id of its answer and the provider, where it does not tell them. */
export function frameworkAnswer(attributes: Attributes): Attributes {
  const output = attributes[OUTPUT];
  const isOpen = attributes[ATTR_GEN_AI_RESPONSE_ID] === undefined;
  if (attributes[SPAN_KIND] !== 'LLM' || !isOpen || typeof output !== 'string') return {};
  // Texts may have been left out, or be no JSON.
  const shown: unknown = /^[[{]/.test(output) ? JSON.parse(output) : undefined;
  // An answer of OpenAI, a list with one, or what LangChain makes of it.
  const answer = Array.isArray(shown) && shown.length === 1 ? shown[0] : shown;
  const message = step(answer, 'generations', 0, 0, 'message', 'kwargs');
  const id = idOf(answer, message);
  if (id === undefined) return {};
  const provider = attributes[PROVIDER] ?? step(message, 'response_metadata', 'model_provider');
  const isProviderOpen = attributes[ATTR_GEN_AI_PROVIDER_NAME] === undefined;
  return {
    [ATTR_GEN_AI_RESPONSE_ID]: id,
    ...(isProviderOpen && PROVIDERS.includes(provider)
      ? { [ATTR_GEN_AI_PROVIDER_NAME]: provider as string }
      : {}),
  };
}

function idOf(answer: unknown, message: unknown): string | undefined {
  const ids = [step(message, 'response_metadata', 'id'), step(message, 'id'), step(answer, 'id')];
  return ids.find((id): id is string => typeof id === 'string' && !OWN_ID.test(id));
}

function step(from: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (at as Record<string | number, unknown> | null | undefined)?.[name],
    from,
  );
}
