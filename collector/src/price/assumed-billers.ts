/**
 * Who may bill a call of which only the model is told: emitters like Codex, CrewAI or a span of one's own name no
 * provider. Only models that nobody may host but their maker and the clouds it sells through: a model with open weights
 * may run anywhere, and stays unknown. The maker's price is the cost, and the cost lies between those of all sellers.
 */

/** A provider in canonical words, and the model's name there. */
export interface Biller {
  readonly provider: string;
  readonly model: string;
}

interface Family {
  readonly names: RegExp;
  readonly maker: string;
  readonly sellers?: (model: string) => readonly Biller[];
}

const same = (provider: string) => (model: string) => [{ provider, model }];

/** Sources: the makers' model pages, and the model catalogues of Azure, Bedrock and Vertex AI. */
const FAMILIES: readonly Family[] = [
  {
    // Not gpt-oss, whose weights are open.
    names: /^(gpt-(?!oss)|chatgpt-|codex-|o[1-9](-|$)|text-embedding-(3|ada))/,
    maker: 'openai',
    sellers: same('azure.ai.openai'),
  },
  {
    names: /^claude-/,
    maker: 'anthropic',
    sellers: (model) => [
      { provider: 'aws.bedrock', model },
      { provider: 'gcp.vertex_ai', model },
    ],
  },
  { names: /^gemini-/, maker: 'gcp.gemini', sellers: same('gcp.vertex_ai') },
  { names: /^grok-[3-9]/, maker: 'x_ai' },
  { names: /^sonar(-|$)/, maker: 'perplexity' },
];

/** The maker first; empty where the model may run anywhere, or nobody is known to make it. */
export function billersOf(model: string): readonly Biller[] {
  const name = model.trim().toLowerCase();
  const family = FAMILIES.find(({ names }) => names.test(name));
  return family === undefined
    ? []
    : [{ provider: family.maker, model: name }, ...(family.sellers?.(name) ?? [])];
}
