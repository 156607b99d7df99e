/**
 * The models that the demo's services call, as their instrumentations name them. Names of models and hosts are real,
 * so that the shipped price book knows them; `acme-summariser-7b` is self-hosted, and nobody has a price for it.
 */

export interface Model {
  /** `gen_ai.provider.name` of the OpenTelemetry GenAI conventions. */
  readonly provider: string;
  /** Asked for with its date where it has one, as services do that must not change overnight. */
  readonly name: string;
  readonly host: string;
  /** How the provider begins the id of an answer. */
  readonly idPrefix: string;
  readonly firstChunkMs: number;
  readonly outputTokensPerSecond: number;
}

const OPENAI = {
  provider: 'openai',
  host: 'api.openai.com',
  idPrefix: 'chatcmpl-',
} as const;
const ANTHROPIC = {
  provider: 'anthropic',
  host: 'api.anthropic.com',
  idPrefix: 'msg_',
} as const;
const GEMINI = {
  provider: 'gcp.gemini',
  host: 'generativelanguage.googleapis.com',
  idPrefix: 'gem-',
} as const;
const BEDROCK = {
  provider: 'aws.bedrock',
  host: 'bedrock-runtime.eu-west-1.amazonaws.com',
  idPrefix: 'bdrk-',
} as const;
const MISTRAL = {
  provider: 'mistral_ai',
  host: 'api.mistral.ai',
  idPrefix: 'mis-',
} as const;
const GROQ = {
  provider: 'groq',
  host: 'api.groq.com',
  idPrefix: 'chatcmpl-',
} as const;

export const MODELS = {
  gpt41: {
    ...OPENAI,
    name: 'gpt-4.1-2025-04-14',
    firstChunkMs: 480,
    outputTokensPerSecond: 95,
  },
  gpt54Mini: {
    ...OPENAI,
    name: 'gpt-5.4-mini-2026-03-17',
    firstChunkMs: 350,
    outputTokensPerSecond: 140,
  },
  o4Mini: {
    ...OPENAI,
    name: 'o4-mini-2025-04-16',
    firstChunkMs: 2_100,
    outputTokensPerSecond: 120,
  },
  embedding3Small: {
    ...OPENAI,
    name: 'text-embedding-3-small',
    firstChunkMs: 60,
    outputTokensPerSecond: 1_000,
  },
  sonnet5: {
    ...ANTHROPIC,
    name: 'claude-sonnet-5',
    firstChunkMs: 900,
    outputTokensPerSecond: 75,
  },
  haiku45: {
    ...ANTHROPIC,
    name: 'claude-haiku-4-5-20251001',
    firstChunkMs: 420,
    outputTokensPerSecond: 150,
  },
  gemini36Flash: {
    ...GEMINI,
    name: 'gemini-3.6-flash',
    firstChunkMs: 510,
    outputTokensPerSecond: 190,
  },
  novaLite: {
    ...BEDROCK,
    name: 'amazon.nova-lite-v1:0',
    firstChunkMs: 330,
    outputTokensPerSecond: 160,
  },
  bedrockHaiku45: {
    ...BEDROCK,
    name: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
    firstChunkMs: 520,
    outputTokensPerSecond: 130,
  },
  mistralSmall: {
    ...MISTRAL,
    name: 'mistral-small-latest',
    firstChunkMs: 260,
    outputTokensPerSecond: 150,
  },
  llama33: {
    ...GROQ,
    name: 'llama-3.3-70b-versatile',
    firstChunkMs: 90,
    outputTokensPerSecond: 280,
  },
  selfHosted: {
    provider: 'vllm',
    host: 'llm.internal.acme.example',
    idPrefix: 'cmpl-',
    name: 'acme-summariser-7b',
    firstChunkMs: 140,
    outputTokensPerSecond: 60,
  },
} as const satisfies Record<string, Model>;
