/**
 * OpenInference (Arize Phoenix): Python and JavaScript instrumentors, span processors that translate other emitters,
 * and gateways that write its names. Totals hold cache and reasoning by its convention; the exceptions are rows.
 * Spans of any kind but LLM, EMBEDDING and RERANKER repeat what others used, save where an agent has no LLM span
 * below it (settle). Source: github.com/Arize-ai/openinference spec/semantic_conventions.md and instrumentors, read
 * at 1fe497f and as released (bedrock 0.1.61, litellm 0.1.51, claude-agent-sdk 0.1.22, anthropic 3.1.0; js openai
 * 4.2.7, anthropic 0.2.8).
 */
import type { Dialect, DialectDefinition, DialectReading, SpanFacts } from '../dialect.ts';
import type { InclusionRow, RoleRow } from '../dialect-table.ts';
import type { Triggers } from '../span-condition.ts';
import { defineDialect } from '../table-dialect.ts';

const KIND = 'openinference.span.kind';
const CLAUDE_AGENT = ['openinference.instrumentation.claude_agent_sdk'];
const LITELLM_SCOPE = 'openinference.instrumentation.litellm';

/** First matching row counts. */
const INCLUSION: readonly InclusionRow[] = [
  {
    when: { scopes: CLAUDE_AGENT, scopeVersion: { below: '0.1.13' } },
    input: 'exclusive',
    evidence: 'openinference claude-agent-sdk < 0.1.13 passes input_tokens on',
  },
  {
    when: { scopes: CLAUDE_AGENT, scopeVersion: { from: '0.1.13' } },
    input: 'inclusive',
    evidence: 'openinference claude-agent-sdk ≥ 0.1.13 sums',
  },
  {
    when: {
      scopes: ['openinference.instrumentation.bedrock'],
      spanNames: ['bedrock.converse', 'bedrock.converse_stream'],
    },
    input: 'exclusive',
    evidence: 'openinference bedrock Converse passes inputTokens on',
  },
  {
    // The processor rewrites spans under Strands' own scope; sums only since 0.1.3, which the span does not tell.
    when: { scopes: ['strands'] },
    evidence: 'openinference strands-agents, version not told',
  },
  {
    input: 'inclusive',
    reasoning: 'inside',
    evidence: 'openinference convention',
  },
];

const ROLES: readonly RoleRow[] = [
  {
    when: {
      scopes: ['openinference.instrumentation.smolagents'],
      values: { [KIND]: ['AGENT'] },
    },
    role: 'aggregate',
    reason: "cumulative count of the agent's monitor",
  },
  {
    when: { values: { [KIND]: ['AGENT', 'CHAIN', 'EVALUATOR'] } },
    role: 'aggregate',
    reason: 'openinference.span.kind of a caller',
  },
  {
    when: { values: { [KIND]: ['TOOL', 'RETRIEVER', 'GUARDRAIL', 'PROMPT'] } },
    role: 'non_billable',
    reason: 'openinference.span.kind is no model call',
  },
];

const TABLE = defineDialect({
  name: 'openinference',
  summary: 'OpenInference (Arize Phoenix): instrumentors, span processors and gateways.',
  marks: [
    {
      keys: [
        KIND,
        'llm.token_count.prompt',
        'llm.token_count.completion',
        'llm.token_count.total',
        'llm.model_name',
        'embedding.model_name',
        'reranker.model_name',
      ],
    },
  ],
  identity: {
    operation: [KIND],
    // llm.provider hosts the model; llm.system is only its family, and comes after every name that says who bills.
    provider: ['llm.provider', 'gen_ai.provider.name', 'gen_ai.system', 'llm.system'],
    requestModel: ['llm.request.model_name', 'embedding.model_name', 'reranker.model_name'],
    // llm.model_name is what was effective; a gateway writes the requested name there, so the OTel name goes first.
    responseModel: ['gen_ai.response.model', 'llm.response.model_name', 'llm.model_name'],
  },
  operations: {
    llm: 'chat',
    embedding: 'embeddings',
    reranker: 'rerank',
    agent: 'invoke_agent',
    tool: 'execute_tool',
    retriever: 'retrieval',
    chain: 'chain',
    guardrail: 'guardrail',
    evaluator: 'evaluation',
    prompt: 'prompt',
  },
  usage: {
    input: ['llm.token_count.prompt'],
    output: ['llm.token_count.completion'],
    total: ['llm.token_count.total'],
    cacheRead: ['llm.token_count.prompt_details.cache_read'],
    // Envoy's gateway writes cache_creation.
    cacheWrite: [
      'llm.token_count.prompt_details.cache_write',
      'llm.token_count.prompt_details.cache_creation',
    ],
    reasoning: ['llm.token_count.completion_details.reasoning'],
    inputAudio: ['llm.token_count.prompt_details.audio'],
    outputAudio: ['llm.token_count.completion_details.audio'],
  },
  // A failed call in Python names its model nowhere else.
  blobs: [
    {
      key: 'llm.invocation_parameters',
      format: 'json',
      identity: { requestModel: ['model', 'model_id'] },
    },
  ],
  cost: ['llm.cost.total'],
  attribution: {
    agent: ['agent.name'],
    feature: ['graph.node.id'],
    prompt: ['prompt.id'],
    promptVersion: ['llm.prompt_template.version'],
    tool: ['tool.name'],
  },
  tags: { labels: ['tag.tags'], objects: ['metadata'] },
  inclusion: INCLUSION,
  roles: ROLES,
  authority: 30,
  readByCode: {
    'llm.token_count.prompt_details.cache_input': 'tokens: cache read, save from LiteLLM',
  },
  contentKeys: [
    'input.value',
    'output.value',
    'llm.prompt_template.template',
    'llm.prompt_template.variables',
    'llm.function_call',
    'tool.description',
    'tool.parameters',
    'embedding.text',
    'reranker.query',
    'document.content',
  ],
  contentPrefixes: [
    'llm.input_messages.',
    'llm.output_messages.',
    'llm.prompts.',
    'llm.choices.',
    'llm.tools.',
    'retrieval.documents.',
    'reranker.input_documents.',
    'reranker.output_documents.',
    'embedding.embeddings.',
  ],
});

/** What no table says: a synonym that one emitter misuses, and a cost that is not this call's. */
class OpenInference implements Dialect {
  readonly name = TABLE.name;
  private readonly table: Dialect;
  private readonly cacheInput: number;

  constructor(...keys: Parameters<DialectDefinition['create']>) {
    this.table = TABLE.create(...keys);
    this.cacheInput = keys[0].declare('llm.token_count.prompt_details.cache_input');
  }

  get triggers(): Triggers | undefined {
    return this.table.triggers;
  }

  recognises(facts: SpanFacts): boolean {
    return this.table.recognises(facts);
  }

  read(facts: SpanFacts): DialectReading {
    const reading = this.table.read(facts);
    if (!facts.scopeName.startsWith(LITELLM_SCOPE)) {
      // The LiteLLM instrumentor wrote the count of text tokens here.
      reading.usage.cacheRead ??= facts.attributes.count([this.cacheInput]);
    }
    // total_cost_usd of the Claude Agent SDK grows over the session: it is not what this span cost.
    return CLAUDE_AGENT.includes(facts.scopeName)
      ? { ...reading, reportedUsd: undefined }
      : reading;
  }
}

export const openInference: DialectDefinition = {
  ...TABLE,
  create: (span, resource) => new OpenInference(span, resource),
};
