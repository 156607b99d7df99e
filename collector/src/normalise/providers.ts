/**
 * Who bills for a call, as one canonical name. The OTel name where there is one; the words emitters use otherwise.
 * A framework is not a provider: it bills nobody, so it stays unknown unless the host tells.
 */

/** Lower-case raw name → canonical provider. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['claude', 'anthropic'],
  ['aws.bedrock', 'aws.bedrock'],
  ['aws_bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['bedrock_converse', 'aws.bedrock'],
  ['amazon_bedrock', 'aws.bedrock'],
  ['amazon', 'aws.bedrock'],
  ['aws', 'aws.bedrock'],
  ['azure.ai.openai', 'azure.ai.openai'],
  ['az.ai.openai', 'azure.ai.openai'],
  ['azure_openai', 'azure.ai.openai'],
  ['azure', 'azure.ai.openai'],
  ['azure-openai', 'azure.ai.openai'],
  ['azure.ai.inference', 'azure.ai.inference'],
  ['az.ai.inference', 'azure.ai.inference'],
  ['gcp.gemini', 'gcp.gemini'],
  ['gemini', 'gcp.gemini'],
  ['googleai', 'gcp.gemini'],
  ['google.generative-ai', 'gcp.gemini'],
  ['gcp.vertex_ai', 'gcp.vertex_ai'],
  ['vertex_ai', 'gcp.vertex_ai'],
  ['vertexai', 'gcp.vertex_ai'],
  ['google_vertexai', 'gcp.vertex_ai'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['gcp.gen_ai', 'gcp.gen_ai'],
  ['google', 'gcp.gen_ai'],
  ['google_genai', 'gcp.gen_ai'],
  ['cohere', 'cohere'],
  ['deepseek', 'deepseek'],
  ['groq', 'groq'],
  ['ibm.watsonx.ai', 'ibm.watsonx.ai'],
  ['mistral_ai', 'mistral_ai'],
  ['mistralai', 'mistral_ai'],
  ['mistral', 'mistral_ai'],
  ['moonshot_ai', 'moonshot_ai'],
  ['moonshot', 'moonshot_ai'],
  ['perplexity', 'perplexity'],
  ['x_ai', 'x_ai'],
  ['xai', 'x_ai'],
  ['openrouter', 'openrouter'],
  ['together', 'together'],
  ['together_ai', 'together'],
  ['fireworks', 'fireworks'],
  ['fireworks_ai', 'fireworks'],
  ['deepinfra', 'deepinfra'],
  ['cerebras', 'cerebras'],
  ['ollama', 'ollama'],
]);

/** Frameworks and gateways that emitters write where the provider belongs. */
const NOT_A_PROVIDER: ReadonlySet<string> = new Set([
  'strands-agents',
  'gcp.vertex.agent',
  'langchain',
  'crewai',
  'langgraph',
  'litellm',
  'litellm_proxy',
  'claude_agent_sdk',
  'llamaindex',
  'llama_index',
  'haystack',
  'spring_ai',
  '_other',
  'microsoft.agent_framework',
]);

/** End of a host name → provider; the first that matches counts. */
const HOSTS: readonly (readonly [string, string])[] = [
  ['api.openai.com', 'openai'],
  ['.openai.azure.com', 'azure.ai.openai'],
  ['.services.ai.azure.com', 'azure.ai.inference'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.groq.com', 'groq'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'x_ai'],
  ['api.cohere.com', 'cohere'],
  ['api.perplexity.ai', 'perplexity'],
  ['openrouter.ai', 'openrouter'],
  ['api.together.xyz', 'together'],
  ['api.fireworks.ai', 'fireworks'],
  ['api.deepinfra.com', 'deepinfra'],
  ['api.moonshot.ai', 'moonshot_ai'],
];

const BEDROCK_HOST = /^bedrock-runtime(-fips)?\.[a-z0-9-]+\.amazonaws\.com$/;

function providerOfHost(host: string): string {
  const name = host.toLowerCase();
  if (BEDROCK_HOST.test(name)) {
    return 'aws.bedrock';
  }
  return HOSTS.find(([end]) => name.endsWith(end))?.[1] ?? '';
}

/** `us.anthropic.claude-sonnet-4-20250514-v1:0` and ARNs of its profiles: nobody but Bedrock names models so. */
const BEDROCK_MODEL =
  /^(arn:aws[a-z-]*:bedrock:.+|([a-z-]+\.)?(ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen)\.[a-z0-9.-]+:\d+)$/;

/** The provider that alone writes a model's name so, or ''. */
export function providerOfModel(model: string): string {
  return BEDROCK_MODEL.test(model.toLowerCase()) ? 'aws.bedrock' : '';
}

/** A family that its host tells apart: `google` may be the Gemini API or Vertex AI. */
const HOST_DECIDES: ReadonlySet<string> = new Set(['gcp.gen_ai']);

/**
 * The canonical provider, or '' when it is unknown. An unknown word that is no framework is kept as it is:
 * a price book may know it by a tenant's own entry.
 */
export function normaliseProvider(raw: string | undefined, host: string | undefined): string {
  const fromHost = host === undefined ? '' : providerOfHost(host);
  const word = raw?.toLowerCase() ?? '';
  if (word === '' || NOT_A_PROVIDER.has(word)) {
    return fromHost;
  }
  const canonical = longestKnown(word) ?? word;
  return HOST_DECIDES.has(canonical) && fromHost !== '' ? fromHost : canonical;
}

/** Dotted ids of SDKs (`google.vertex.chat`, `openai.responses`): the longest beginning that is known counts. */
function longestKnown(word: string): string | undefined {
  const parts = word.split('.');
  for (let length = parts.length; length > 0; length--) {
    const known = SYNONYMS.get(parts.slice(0, length).join('.'));
    if (known !== undefined) {
      return known;
    }
  }
  return undefined;
}
