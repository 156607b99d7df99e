/**
 * Where a span's attributes hold the prompt, by their keys. Each emitter has its own place; where several hold it, the
 * one nearest to what the provider was sent is taken: the same prompt must be read from the same place each time.
 */

/** A text, and what it is one of: of a message told in several attributes, all have the same number. */
export interface PromptPlace {
  readonly attribute: number;
  readonly message: number;
  readonly as: 'words' | 'rest';
}

export type PromptSource =
  /** Told as a fingerprint by an instrumentation of ours. */
  | { readonly kind: 'told'; readonly fingerprint: number; readonly boundaries: number }
  /** Each attribute is JSON (or plain text) with messages, in the order in which they count for a cache. */
  | { readonly kind: 'json'; readonly attributes: readonly number[] }
  /** A message's role and texts in attributes of their own, numbered in the keys. */
  | { readonly kind: 'numbered'; readonly places: readonly PromptPlace[] };

const FINGERPRINT = 'aicost.prompt.fingerprint';
const BOUNDARIES = 'aicost.prompt.boundaries';

/** Keys that make up one prompt; the last of each is the one without which there is none. */
const JSON_KEYS: readonly (readonly string[])[] = [
  ['gen_ai.tool.definitions', 'gen_ai.system_instructions', 'gen_ai.input.messages'],
  ['gen_ai.request.available_tools', 'gen_ai.request.messages'],
  ['ai.prompt.tools', 'ai.prompt.messages'],
  ['mlflow.chat.tools', 'mlflow.chat.messages'],
  ['llm.openai.messages'],
  ['llm.anthropic.messages'],
  ['gcp.vertex.agent.llm_request'],
  ['lk.chat_ctx'],
  ['ai.input_messages'],
  ['pydantic_ai.all_messages'],
  ['gen_ai.prompt'],
  ['gen_ai.content.prompt'],
  ['ai.prompt'],
  ['langfuse.observation.input'],
  ['lmnr.span.input'],
  ['mlflow.spanInputs'],
  ['genkit:input'],
  ['agentops.entity.input'],
  ['traceloop.entity.input'],
  ['input.value'],
  ['request_text'],
];

const NUMBERED_PREFIXES = ['gen_ai.prompt.', 'llm.input_messages.', 'llm.prompts.'] as const;
const NUMBERED = /^(\d{1,6})\.(.+)$/;
const IS_WORDS = /(?:^|\.)(?:content|text)$/;

/** The source among these keys, in the order of the attributes; undefined: none of them is a prompt. */
export function findPromptSource(keys: readonly string[]): PromptSource | undefined {
  const fingerprint = keys.lastIndexOf(FINGERPRINT);
  const boundaries = keys.lastIndexOf(BOUNDARIES);
  if (fingerprint !== -1 || boundaries !== -1) return { kind: 'told', fingerprint, boundaries };
  return (
    jsonSource(keys, JSON_KEYS.slice(0, 1)) ?? numberedSource(keys) ?? jsonSource(keys, JSON_KEYS)
  );
}

function jsonSource(
  keys: readonly string[],
  known: readonly (readonly string[])[],
): PromptSource | undefined {
  for (const names of known) {
    if (!keys.includes(names.at(-1)!)) continue;
    const attributes = names.map((name) => keys.lastIndexOf(name)).filter((at) => at !== -1);
    return { kind: 'json', attributes };
  }
  return undefined;
}

function numberedSource(keys: readonly string[]): PromptSource | undefined {
  for (const prefix of NUMBERED_PREFIXES) {
    const places = keys.flatMap((key, attribute): PromptPlace[] => {
      const [, number, member = ''] = NUMBERED.exec(
        key.startsWith(prefix) ? key.slice(prefix.length) : '',
      ) ?? [undefined, undefined];
      if (number === undefined) return [];
      return [{ attribute, message: Number(number), as: IS_WORDS.test(member) ? 'words' : 'rest' }];
    });
    if (places.some(({ as }) => as === 'words')) {
      return { kind: 'numbered', places: places.sort((a, b) => a.message - b.message) };
    }
  }
  return undefined;
}
