/**
 * The provider's id of an answer, where a framework's span tells it only within the answer that it shows. By it a
 * collector knows that the framework and the instrumentation of the provider's SDK saw one call. Neither LangChain nor
 * the OpenAI Agents SDK makes its spans active, so that nothing else ties the two.
 * Source: @arizeai/openinference-instrumentation-langchain 4.1.1, -openai-agents 0.2.15.
 */
import type { Attributes } from '@opentelemetry/api';
import { ATTR_GEN_AI_RESPONSE_ID } from './semconv.ts';

/** OpenInference's names. */
const SPAN_KIND = 'openinference.span.kind';
const OUTPUT = 'output.value';

/** LangChain's own ids of runs. */
const OWN_ID = /^(?:lc_)?run-/;

/** The id to add to a span with these attributes; undefined where it has one, or shows none. */
export function frameworkAnswerId(attributes: Attributes): string | undefined {
  const output = attributes[OUTPUT];
  const isOpen = attributes[ATTR_GEN_AI_RESPONSE_ID] === undefined;
  if (attributes[SPAN_KIND] !== 'LLM' || !isOpen || typeof output !== 'string') return undefined;
  // Texts may have been left out, or be no JSON.
  return /^[[{]/.test(output) ? idIn(JSON.parse(output)) : undefined;
}

/** An answer of OpenAI, a list with one, or what LangChain makes of it. */
function idIn(shown: unknown): string | undefined {
  const answer = Array.isArray(shown) && shown.length === 1 ? shown[0] : shown;
  const message = step(answer, 'generations', 0, 0, 'message', 'kwargs');
  const ids = [step(message, 'response_metadata', 'id'), step(message, 'id'), step(answer, 'id')];
  return ids.find((id): id is string => typeof id === 'string' && !OWN_ID.test(id));
}

function step(from: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (at as Record<string | number, unknown> | null | undefined)?.[name],
    from,
  );
}
