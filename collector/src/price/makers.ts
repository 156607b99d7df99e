/**
 * Who makes a model, by its family's name: `prices show` tells the maker's price before a reseller's.
 * Invariant: it only orders what was found; no price depends on it.
 */

const FAMILIES: readonly (readonly [names: RegExp, makers: readonly string[]])[] = [
  [
    /^(gpt|chatgpt|o\d|text-embedding-(3|ada)|whisper|tts|dall-e|davinci|babbage|codex)/,
    ['openai'],
  ],
  [/^claude/, ['anthropic']],
  [/^(gemini|imagen|veo|gemma|learnlm)/, ['google']],
  [/^grok/, ['xai']],
  [/^(mistral|ministral|codestral|pixtral|magistral|devstral|voxtral|mixtral)/, ['mistral']],
  [/^deepseek/, ['deepseek']],
  [/^(command|rerank|embed-|c4ai|aya)/, ['cohere']],
  [/^(qwen|qwq)/, ['alibaba']],
  [/^(kimi|moonshot)/, ['moonshotai']],
  [/^glm/, ['zai', 'zhipuai']],
  [/^(minimax|abab)/, ['minimax']],
  [/^sonar/, ['perplexity']],
  [/^voyage/, ['voyageai']],
  [/^(nova|titan)/, ['bedrock']],
];

/** Prefixes of a seller or a region are no part of the family: `us.anthropic.claude-…`, `openai/gpt-…`. */
function familyOf(model: string): string {
  const last = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return last
    .replace(/^ft:/, '')
    .replace(/^([a-z0-9]+\.)*(anthropic|amazon|cohere|deepseek|openai)\./, '');
}

function isMaker({ provider, model }: { provider: string; model: string }): boolean {
  const family = familyOf(model);
  const makers = FAMILIES.find(([names]) => names.test(family))?.[1];
  return makers?.includes(provider) === true;
}

/** The same offers, the maker's before those of who resells the model; otherwise in their order. */
export function makersFirst<T extends { provider: string; model: string }>(
  offers: readonly T[],
): T[] {
  return [...offers.filter(isMaker), ...offers.filter((offer) => !isMaker(offer))];
}
