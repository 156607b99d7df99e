/**
 * Which file of the book a provider's name means. Emitters, gateways and SDKs spell the same biller
 * in many ways; the list is closed: a name that is not here and not a file is unknown.
 */

const SPELLINGS: { readonly [book: string]: readonly string[] } = {
  alibaba: ['alibaba_cloud', 'dashscope', 'qwen', 'aliyun', 'bailian', 'alibaba_qwen'],
  anthropic: ['anthropic.messages', 'claude'],
  azure: [
    'azure.ai.openai',
    'az.ai.openai',
    'azure.ai.inference',
    'az.ai.inference',
    'azure_openai',
    'azure.openai',
    'azure.chat',
    'azure_ai',
    'azure_ai_foundry',
    'microsoft_azure',
    'azure_openai.chat',
    'azure_openai.responses',
  ],
  bedrock: [
    'aws.bedrock',
    'aws_bedrock',
    'amazon_bedrock',
    'amazon',
    'aws',
    'bedrock_converse',
    'bedrock_runtime',
  ],
  cerebras: [],
  cohere: ['cohere_chat', 'cohere.chat', 'cohere.rerank'],
  deepinfra: ['deep_infra'],
  deepseek: ['deepseek.chat', 'deep_seek', 'deepseek_ai'],
  fireworks: ['fireworks_ai', 'fireworks.ai'],
  google: [
    'gcp.gemini',
    'gemini',
    'google_ai_studio',
    'google.generative_ai',
    'google_genai',
    'google_generativeai',
    'google_ai',
    'googleai',
    'google_gla',
    'gcp.gen_ai',
  ],
  groq: ['groq.chat'],
  minimax: [],
  mistral: ['mistral_ai', 'mistralai', 'mistral.chat'],
  moonshotai: ['moonshot_ai', 'moonshot', 'kimi', 'moonshotai.chat'],
  openai: [
    'openai.chat',
    'openai.responses',
    'openai.completion',
    'openai.embedding',
    'open_ai',
    'openai.image',
    'openai.speech',
    'openai.transcription',
    'text_completion_openai',
  ],
  openrouter: ['open_router', 'openrouter.chat'],
  perplexity: ['perplexity_ai', 'pplx'],
  together: ['together_ai', 'togetherai', 'together.ai'],
  vertex: [
    'gcp.vertex_ai',
    'vertex_ai',
    'vertexai',
    'google.vertex',
    'google_vertex',
    'google.vertex.chat',
    'vertex_ai_beta',
    'google_cloud_vertex_ai',
    'google_vertexai',
  ],
  voyageai: ['voyage', 'voyage_ai'],
  xai: ['x_ai', 'x.ai', 'xai.chat', 'grok', 'xai.responses'],
  zai: ['z_ai', 'z.ai', 'zai_org'],
  zhipuai: ['zhipu', 'zhipu_ai', 'bigmodel', 'glm'],
};

const BOOK_BY_SPELLING = new Map<string, string>();
for (const [book, spellings] of Object.entries(SPELLINGS)) {
  BOOK_BY_SPELLING.set(book, book);
  for (const spelling of spellings) BOOK_BY_SPELLING.set(spelling, book);
}

/** The book's name of a provider: `aws.bedrock` → `bedrock`; an unlisted name is only folded. */
export function bookProvider(told: string): string {
  const folded = told.trim().toLowerCase().replace(/[- ]/g, '_');
  return BOOK_BY_SPELLING.get(folded) ?? folded.replace(/_/g, '-');
}

/** Whether a `prefix/` before a model's name only repeats the provider. */
export function repeatsProvider(prefix: string, provider: string): boolean {
  return bookProvider(prefix) === provider;
}
