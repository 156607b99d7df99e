/**
 * LiteLLM, both generations of its OpenTelemetry logger. Its totals always hold the cache: it normalises every
 * provider's usage. The first generation tells the breakdown only in `metadata.usage_object`, a Python dict as text.
 * What the call was stands in the call type: the operation's name is `chat` for every type it does not know.
 * Guardrails, tools of MCP and calls that manage stored objects carry its attributes too. Source:
 * github.com/BerriAI/litellm, litellm/integrations/opentelemetry.py and litellm/integrations/otel of 1.106.2 and
 * 1.109.1.
 */

import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import type { AttributeReader } from '../attribute-reader.ts';
import type { Dialect, DialectDefinition, DialectReading, SpanFacts } from '../dialect.ts';
import type { RoleRow } from '../dialect-table.ts';
import { namedIn } from '../named.ts';
import { OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { normaliseProvider } from '../providers.ts';
import type { Triggers } from '../span-condition.ts';
import { defineDialect } from '../table-dialect.ts';

/** Call types → the conventions' words. Each stands for itself and for its asynchronous twin (`acompletion`). */
const CALL_TYPES: Readonly<Record<string, string>> = {
  completion: 'chat',
  completion_with_retries: 'chat',
  responses: 'chat',
  anthropic_messages: 'chat',
  generate_content: 'generate_content',
  generate_content_stream: 'generate_content',
  text_completion: 'text_completion',
  embedding: 'embeddings',
  rerank: 'rerank',
  image_generation: 'image',
  image_edit: 'image',
  speech: 'speech',
  transcription: 'transcription',
  send_message: 'invoke_agent',
  send_message_streaming: 'invoke_agent',
  call_mcp_tool: 'execute_tool',
  vector_store_search: 'retrieval',
  query: 'retrieval',
  count_tokens: 'count_tokens',
  get_responses: 'fetch_response',
  delete_responses: 'fetch_response',
  cancel_responses: 'fetch_response',
  list_input_items: 'fetch_response',
};
const OPERATIONS = Object.fromEntries(
  Object.entries(CALL_TYPES).flatMap(([type, word]) => [
    [type, word],
    [`a${type}`, word],
  ]),
);

const MANAGEMENT = [
  'litellm.responses_management',
  'litellm.vector_store_management',
  'litellm.vector_store_file_management',
  'litellm.moderation',
];

const ROLES: readonly RoleRow[] = [
  {
    when: { values: { 'gen_ai.operation.name': MANAGEMENT } },
    role: 'non_billable',
    reason: 'LiteLLM management operation: no tokens are charged',
  },
  {
    when: { spanNames: ['raw_gen_ai_request'] },
    role: 'non_billable',
    reason: 'LiteLLM raw request: the payload of its parent’s call',
  },
];

/** How LiteLLM calls providers that the conventions name otherwise (first generation; `_PROVIDER_BY_LITELLM`). */
const PROVIDERS: Readonly<Record<string, string>> = {
  'text-completion-openai': 'openai',
  azure_ai: 'azure.ai.inference',
  azure_text: 'azure.ai.openai',
  bedrock_converse: 'aws.bedrock',
  vertex_ai_beta: 'gcp.vertex_ai',
  cohere_chat: 'cohere',
  watsonx: 'ibm.watsonx.ai',
};

/** Beginnings of router names (`openai/gpt-4o`) that say who bills, where nothing else does. */
const ROUTED_TO: ReadonlySet<string> = new Set([
  ...['openai', 'azure', 'azure_ai', 'anthropic', 'bedrock', 'vertex_ai', 'gemini', 'cohere'],
  ...['mistral', 'deepseek', 'groq', 'perplexity', 'xai', 'openrouter', 'together_ai', 'watsonx'],
  ...['fireworks_ai', 'deepinfra', 'cerebras', 'moonshot', 'ollama'],
]);

/** What is written where the router knows none. */
const NOT_TOLD: ReadonlySet<string> = new Set(['', 'unknown', 'litellm_proxy']);

const PROMPT = 'prompt_tokens_details';
const COMPLETION = 'completion_tokens_details';
const TTL = `${PROMPT}.cache_creation_token_details`;

/** Who a proxy key belongs to, as its metadata tells: what follows `user_api_key_` → the tag's name. */
const OWNERS: Readonly<Record<string, string>> = {
  hash: 'api_key',
  alias: 'api_key_alias',
  team_id: 'team',
  team_alias: 'team_alias',
  org_id: 'organization',
  org_alias: 'organization_alias',
  project_id: 'project',
  project_alias: 'project_alias',
};

const table = defineDialect({
  name: 'litellm',
  summary: 'LiteLLM, both generations of its OpenTelemetry logger. Totals always hold the cache.',
  // Baggage copies gen_ai.request.model, team and key onto every span below the proxy's: they mark no call.
  marks: [
    { keys: ['litellm.call_id', 'litellm.call_type', 'litellm.guardrail.name'] },
    { keys: ['metadata.usage_object', 'gen_ai.cost.total_cost'] },
    { scopes: ['litellm'], keys: ['llm.request.type'] },
    { scopes: ['litellm'], spanNames: ['raw_gen_ai_request'] },
  ],
  identity: {
    ...OTEL_IDENTITY,
    operation: ['litellm.call_type', 'llm.request.type', 'gen_ai.operation.name'],
    // What the router sent; gen_ai.request.model may be an alias of the proxy's own.
    requestModel: ['litellm.provider.model', 'gen_ai.request.model'],
  },
  operations: OPERATIONS,
  usage: OTEL_USAGE,
  blobs: [
    {
      key: 'metadata.usage_object',
      format: 'python',
      usage: {
        input: ['prompt_tokens'],
        output: ['completion_tokens'],
        total: ['total_tokens'],
        cacheRead: [`${PROMPT}.cached_tokens`, 'cache_read_input_tokens'],
        cacheWrite: ['cache_creation_input_tokens', `${PROMPT}.cache_creation_tokens`],
        cacheWrite5m: [`${TTL}.ephemeral_5m_input_tokens`],
        cacheWrite1h: [`${TTL}.ephemeral_1h_input_tokens`],
        inputAudio: [`${PROMPT}.audio_tokens`],
        inputImage: [`${PROMPT}.image_tokens`],
        inputVideo: [`${PROMPT}.video_tokens`],
        reasoning: [`${COMPLETION}.reasoning_tokens`],
        outputAudio: [`${COMPLETION}.audio_tokens`],
        outputImage: [`${COMPLETION}.image_tokens`],
      },
    },
  ],
  cost: ['litellm.cost.total', 'gen_ai.cost.total_cost'],
  attribution: {
    user: [
      'litellm.end_user.id',
      'litellm.metadata.user_api_key_end_user_id',
      'metadata.user_api_key_end_user_id',
      'llm.user',
      'litellm.metadata.user_api_key_user_id',
      'metadata.user_api_key_user_id',
    ],
    feature: ['litellm.request.purpose'],
  },
  roles: ROLES,
  inclusion: [
    {
      input: 'inclusive',
      reasoning: 'inside',
      evidence: 'litellm: prompt_tokens normalised to hold the cache',
    },
  ],
  authority: 40,
  readByCode: {
    'litellm.guardrail.name': 'a guardrail: no call of its own',
    'litellm.cost.guardrail': "a guardrail's cost",
    'litellm.guardrail.cost_in_spend': 'false: that cost is beside the total of the call',
    'litellm.cache_hit': "answered from LiteLLM's cache",
  },
  tags: {
    named: {
      'litellm.team.id': 'team',
      'litellm.team.alias': 'team_alias',
      'litellm.api_key.hash': 'api_key',
      'litellm.api_key.alias': 'api_key_alias',
      ...Object.fromEntries(
        ['litellm.metadata.', 'metadata.'].flatMap((prefix) =>
          Object.entries(OWNERS).map(([name, tag]) => [`${prefix}user_api_key_${name}`, tag]),
        ),
      ),
    },
  },
  contentKeys: [
    ...['metadata.requester_metadata', 'metadata.spend_logs_metadata', 'hidden_params'],
    ...['litellm.guardrail.response', 'guardrail_response', 'litellm.team.metadata'],
    ...[
      'llm.openai.messages',
      'llm.openai.choices',
      'llm.anthropic.messages',
      'llm.anthropic.content',
    ],
  ],
  contentPrefixes: ['llm.request.functions.'],
});

class LiteLlm implements Dialect {
  readonly name = 'litellm';
  private readonly base: Dialect;
  private readonly guardrail: KeyId;
  private readonly guardrailCost: KeyId;
  private readonly isGuardrailInSpend: KeyId;
  private readonly isCacheHit: KeyId;

  constructor(base: Dialect, keys: AttributeKeys) {
    this.base = base;
    this.guardrail = keys.declare('litellm.guardrail.name');
    this.guardrailCost = keys.declare('litellm.cost.guardrail');
    this.isGuardrailInSpend = keys.declare('litellm.guardrail.cost_in_spend');
    this.isCacheHit = keys.declare('litellm.cache_hit');
  }

  get triggers(): Triggers | undefined {
    return this.base.triggers;
  }

  recognises(facts: SpanFacts): boolean {
    return this.base.recognises(facts) || facts.attributes.has(this.guardrail);
  }

  read(facts: SpanFacts): DialectReading {
    const { attributes } = facts;
    const told = withUpstream(this.base.read(facts));
    // A cost of 0 is what it writes where it knows no price, and beside a failure: it is no report.
    const reading = told.reportedUsd === '0' ? { ...told, reportedUsd: undefined } : told;
    if (attributes.has(this.guardrail)) {
      return { ...reading, ...this.readGuardrail(attributes) };
    }
    return attributes.flag(this.isCacheHit) === true ? { ...reading, role: CACHE_HIT } : reading;
  }

  /** A guardrail costs what LiteLLM says; by default that is in the total of the call it guards. */
  private readGuardrail(attributes: AttributeReader): Partial<DialectReading> {
    const cost = attributes.usd(this.guardrailCost);
    const isOwnCost = attributes.flag(this.isGuardrailInSpend) === false && cost !== undefined;
    return {
      operation: 'guardrail',
      role: isOwnCost ? GUARDRAIL_WITH_COST : GUARDRAIL,
      reportedUsd: isOwnCost && cost !== '0' ? cost : undefined,
    };
  }
}

const CACHE_HIT: DialectReading['role'] = {
  role: 'non_billable',
  reason: 'answered from LiteLLM’s cache: no provider was called',
};
const GUARDRAIL: DialectReading['role'] = {
  role: 'non_billable',
  reason: 'LiteLLM guardrail: its cost is in the total of the call, or not told',
};
const GUARDRAIL_WITH_COST: DialectReading['role'] = {
  role: 'leaf',
  reason: 'LiteLLM guardrail with a cost of its own (cost_in_spend=false)',
};

/** The router's `provider/model` in its parts, where the first is who the span names, or nobody is named. */
function withUpstream(reading: DialectReading): DialectReading {
  const told = reading.provider?.toLowerCase() ?? '';
  const [head = '', ...rest] = reading.requestModel?.split('/') ?? [];
  const isRouted = rest.length > 0 && ROUTED_TO.has(head);
  const word = NOT_TOLD.has(told) && isRouted ? head : told;
  const provider = canonical(word);
  const isPrefix = isRouted && canonical(head) === provider;
  return {
    ...reading,
    provider: provider === '' ? undefined : provider,
    requestModel: isPrefix ? rest.join('/') : reading.requestModel,
  };
}

function canonical(word: string): string {
  return normaliseProvider(namedIn(PROVIDERS, word) ?? word, undefined);
}

export const litellm: DialectDefinition = {
  ...table,
  create: (keys, resourceKeys) => new LiteLlm(table.create(keys, resourceKeys), keys),
};
