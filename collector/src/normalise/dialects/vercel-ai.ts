/**
 * Vercel AI SDK: 3–6 and the legacy mode of 7 (scope `ai`), and `@ai-sdk/otel` of 7 (scope `gen_ai`). An outer span
 * repeats what its `.do…` spans used: the last step only in `generateText` of 3–5 and early 6, the sum elsewhere; in
 * 7 so do `invoke_agent` and `agent_step`. What the totals hold changed with 6. The provider's own metadata, where it
 * is recorded, tells the TTL of cache writes and the tier. Source: github.com/vercel/ai at ed857f5, ai@3.4.33,
 * 4.3.19, 5.0.277, 6.0.326, @ai-sdk/otel@1.0.173.
 */
import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import { type Blob, isBlob, parseBlob, textOf, valueAt } from '../blob.ts';
import type { Dialect, DialectDefinition, DialectReading, SpanFacts } from '../dialect.ts';
import type { InclusionRow, RoleRow } from '../dialect-table.ts';
import {
  ANTHROPIC_MESSAGES,
  BEDROCK_CONVERSE,
  GOOGLE_GENERATE_CONTENT,
  type ProviderReport,
  type ReportShape,
  readProviderReport,
} from '../provider-report.ts';
import type { Triggers } from '../span-condition.ts';
import { defineDialect } from '../table-dialect.ts';
import { withWritesOnce } from '../usage/cache-writes.ts';
import { hasUsage, isSameCount, type RawUsage } from '../usage/raw-usage.ts';

const TEXT_OPERATIONS = ['ai.generateText', 'ai.streamText'];
const OBJECT_OPERATIONS = ['ai.generateObject', 'ai.streamObject'];
const BATCHED_OPERATIONS = ['ai.embed', 'ai.embedMany', 'ai.rerank'];
const WRAPPERS = [...TEXT_OPERATIONS, ...OBJECT_OPERATIONS, ...BATCHED_OPERATIONS];
const OUTER_OPERATIONS = [...WRAPPERS, 'ai.workflowAgent.stream'];
const TEXT_SPANS = [...TEXT_OPERATIONS, 'ai.generateText.doGenerate', 'ai.streamText.doStream'];

/** Lower-case `ai.operationId` → the conventions' words. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'ai.generatetext': 'invoke_agent',
  'ai.streamtext': 'invoke_agent',
  'ai.generateobject': 'invoke_agent',
  'ai.streamobject': 'invoke_agent',
  'ai.workflowagent.stream': 'invoke_agent',
  'ai.generatetext.dogenerate': 'chat',
  'ai.streamtext.dostream': 'chat',
  'ai.generateobject.dogenerate': 'chat',
  'ai.streamobject.dostream': 'chat',
  'ai.embed': 'embeddings',
  'ai.embedmany': 'embeddings',
  'ai.embed.doembed': 'embeddings',
  'ai.embedmany.doembed': 'embeddings',
  'ai.rerank': 'rerank',
  'ai.rerank.dorerank': 'rerank',
  'ai.toolcall': 'execute_tool',
  'ai.generatespeech': 'speech',
  'ai.transcribe': 'transcription',
  'ai.streamtranscribe': 'transcription',
};

const ROLES: readonly RoleRow[] = [
  {
    // The .do… span of a stream that was aborted is never ended.
    when: { values: { 'ai.operationId': OUTER_OPERATIONS } },
    role: 'aggregate',
    reason: 'AI SDK outer span: repeats what its .do… spans used',
    missingUsage: 'outer_span_alone',
  },
  {
    // Version 7 wraps each embeddings span in another of the same name; until 2026-08 both had the usage (#19250).
    when: {
      scopes: ['gen_ai'],
      values: { 'gen_ai.operation.name': ['embeddings'] },
      without: ['gen_ai.usage.input_tokens'],
    },
    role: 'aggregate',
    reason: 'AI SDK 7 outer embeddings span: the usage is in its child',
  },
];

const DETAILS = [
  'ai.usage.inputTokenDetails.noCacheTokens',
  'ai.usage.inputTokenDetails.cacheReadTokens',
  'ai.usage.inputTokenDetails.cacheWriteTokens',
];
const GOOGLE = ['gcp.gemini', 'gcp.vertex_ai', 'gcp.gen_ai'];
const OPENAI = ['openai', 'azure.ai.openai', 'azure.ai.inference'];

/**
 * First matching row counts. Objects (`generateObject`, `streamObject`) have the same names in 5, 6 and 7 and tell no
 * generation: there only the provider's metadata or its known habit decides.
 */
const INCLUSION: readonly InclusionRow[] = [
  {
    when: { keys: DETAILS },
    input: 'inclusive',
    reasoning: 'inside',
    evidence: 'ai sdk >= 6: inputTokenDetails',
  },
  {
    when: { scopes: ['gen_ai'] },
    input: 'inclusive',
    reasoning: 'inside',
    evidence: 'ai sdk 7: gen_ai spans',
  },
  {
    when: {
      values: {
        'ai.operationId': TEXT_SPANS,
        'ai.model.provider': ['vertex.anthropic.messages', 'googleVertex.anthropic.messages'],
      },
    },
    input: 'exclusive',
    evidence: 'ai sdk <= 5: anthropic on vertex passes input_tokens on (#8794)',
  },
  {
    when: { values: { 'ai.operationId': TEXT_SPANS } },
    providers: ['anthropic', 'aws.bedrock'],
    input: 'exclusive',
    evidence: 'ai sdk <= 5: anthropic, bedrock pass input_tokens on (#8794)',
  },
  {
    when: { values: { 'ai.operationId': TEXT_SPANS } },
    providers: GOOGLE,
    input: 'inclusive',
    reasoning: 'outside',
    evidence: 'ai sdk <= 5: google candidates without thoughts',
  },
  {
    when: { keys: ['ai.usage.promptTokens'] },
    providers: OPENAI,
    input: 'inclusive',
    reasoning: 'inside',
    cache: 'invisible',
    evidence: 'ai sdk 5 (and 6, objects): promptTokens of openai, cached ones not told',
  },
  { providers: OPENAI, input: 'inclusive', reasoning: 'inside', evidence: 'ai sdk: openai' },
];

/** Where `providerMetadata` holds the usage object of the provider's API. */
const REPORTS: readonly { path: readonly string[]; shape: ReportShape }[] = [
  { path: ['anthropic', 'usage'], shape: ANTHROPIC_MESSAGES },
  { path: ['google', 'usageMetadata'], shape: GOOGLE_GENERATE_CONTENT },
  { path: ['vertex', 'usageMetadata'], shape: GOOGLE_GENERATE_CONTENT },
  { path: ['bedrock', 'usage'], shape: BEDROCK_CONVERSE },
  {
    path: ['anthropic'],
    // 3–4 and 5 tell them beside the usage object, or without one.
    shape: {
      counts: { cacheRead: ['cacheReadInputTokens'], cacheWrite: ['cacheCreationInputTokens'] },
    },
  },
  ...['openai', 'azure'].map((vendor) => ({
    path: [vendor],
    shape: {
      counts: { cacheRead: ['cachedPromptTokens'], reasoning: ['reasoningTokens'] },
      context: { serviceTier: 'serviceTier' },
    },
  })),
];

const table = defineDialect({
  name: 'vercel_ai',
  summary: 'Vercel AI SDK 3 to 7. Outer spans repeat what their .do… spans used.',
  marks: [{ keys: ['ai.operationId'] }, { scopes: ['ai', 'gen_ai'] }],
  identity: {
    operation: ['ai.operationId', 'gen_ai.operation.name'],
    provider: ['ai.model.provider'],
    requestModel: ['ai.model.id'],
    responseModel: ['ai.response.model'],
    responseId: ['ai.response.id'],
  },
  operations: OPERATIONS,
  usage: {
    // 3–4 promptTokens; 5 that or inputTokens; 6 inputTokens; embeddings tokens; the last is all that 7 writes.
    input: [
      'ai.usage.inputTokens',
      'ai.usage.promptTokens',
      'ai.usage.tokens',
      'ai.usage.input_tokens',
      'gen_ai.usage.input_tokens',
    ],
    output: [
      'ai.usage.outputTokens',
      'ai.usage.completionTokens',
      'ai.usage.output_tokens',
      'gen_ai.usage.output_tokens',
    ],
    total: ['ai.usage.totalTokens'],
    uncached: ['ai.usage.inputTokenDetails.noCacheTokens'],
    cacheRead: ['ai.usage.inputTokenDetails.cacheReadTokens', 'ai.usage.cachedInputTokens'],
    cacheWrite: ['ai.usage.inputTokenDetails.cacheWriteTokens'],
    reasoning: ['ai.usage.outputTokenDetails.reasoningTokens', 'ai.usage.reasoningTokens'],
    // Transcriptions of 7: the provider's usage, its keys in snake case.
    inputAudio: [
      'ai.usage.input_token_details.audio_tokens',
      'gen_ai.usage.input_token_details.audio_tokens',
    ],
  },
  inclusion: INCLUSION,
  roles: ROLES,
  authority: 20,
  attribution: {
    // 7 writes the functionId as the agent's name.
    feature: ['ai.telemetry.functionId', 'resource.name', 'gen_ai.agent.name'],
    user: [
      'ai.telemetry.metadata.userId',
      'ai.telemetry.metadata.user_id',
      'ai.settings.context.userId',
      'ai.settings.context.user_id',
    ],
    session: ['sessionId', 'session_id', 'conversationId', 'threadId'].flatMap((name) => [
      `ai.telemetry.metadata.${name}`,
      `ai.settings.context.${name}`,
    ]),
    tool: ['ai.toolCall.name'],
  },
  readByCode: {
    'ai.response.providerMetadata': "the provider's usage: TTL of cache writes, service tier",
    'ai.telemetry.metadata.langfusePrompt': 'prompt and its version',
  },
  tags: { labels: ['ai.telemetry.metadata.tags'], prefixes: ['ai.telemetry.metadata.'] },
  contentKeys: [
    ...['ai.prompt', 'ai.prompt.messages', 'ai.prompt.tools', 'ai.prompt.format'],
    ...['ai.response.text', 'ai.response.object', 'ai.response.toolCalls', 'ai.response.reasoning'],
    ...['ai.response.files', 'ai.toolCall.args', 'ai.toolCall.result', 'ai.value', 'ai.values'],
    ...['ai.embedding', 'ai.embeddings', 'ai.documents', 'ai.ranking', 'ai.request.text'],
    ...['ai.schema', 'ai.decision.answers', 'ai.decision.questions', 'ai.decision.state'],
  ],
  contentPrefixes: ['ai.request.headers.'],
});

class VercelAi implements Dialect {
  readonly name = 'vercel_ai';
  private readonly base: Dialect;
  private readonly metadata: KeyId;
  private readonly prompt: KeyId;

  constructor(base: Dialect, keys: AttributeKeys) {
    this.base = base;
    this.metadata = keys.declare('ai.response.providerMetadata');
    // How the AI SDK's users link a Langfuse prompt.
    this.prompt = keys.declare('ai.telemetry.metadata.langfusePrompt');
  }

  get triggers(): Triggers | undefined {
    return this.base.triggers;
  }

  recognises(facts: SpanFacts): boolean {
    return this.base.recognises(facts);
  }

  read(facts: SpanFacts): DialectReading {
    const { attributes } = facts;
    const reading = this.base.read(facts);
    const metadata = parseBlob(attributes.text(this.metadata) ?? '', 'json');
    const prompt = parseBlob(attributes.text(this.prompt) ?? '', 'json');
    return withPrompt(metadata === undefined ? reading : withReports(reading, metadata), prompt);
  }
}

/** The breakdown and the tier from the provider's metadata; totals stay those of the SDK. */
function withReports(reading: DialectReading, metadata: Blob): DialectReading {
  let { usage, context } = reading;
  for (const { path, shape } of REPORTS) {
    const blob = valueAt(metadata, path);
    const report = isBlob(blob) ? readProviderReport(shape, blob) : undefined;
    if (report !== undefined && isOfThisCall(report, usage)) {
      context = { ...report.context, ...context };
      usage = fillBreakdown(usage, report.usage);
    }
  }
  return { ...reading, usage: withWritesOnce(usage), context };
}

/** An outer span carries the metadata of its last step only: its output is then another. */
function isOfThisCall({ usage: { output } }: ProviderReport, usage: RawUsage): boolean {
  return (
    hasUsage(usage) &&
    (output === undefined || usage.output === undefined || isSameCount(output, usage.output))
  );
}

function fillBreakdown(usage: RawUsage, report: RawUsage): RawUsage {
  const { input: _, output: __, total: ___, ...parts } = report;
  const told = Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined));
  return { ...parts, ...told };
}

function withPrompt(reading: DialectReading, prompt: Blob | undefined): DialectReading {
  const name = prompt === undefined ? undefined : textOf(prompt['name']);
  if (prompt === undefined || name === undefined) {
    return reading;
  }
  const { version } = prompt;
  const promptVersion = typeof version === 'number' ? String(version) : textOf(version);
  const told = promptVersion === undefined ? { prompt: name } : { prompt: name, promptVersion };
  return { ...reading, attribution: { ...reading.attribution, ...told } };
}

export const vercelAi: DialectDefinition = {
  ...table,
  create: (keys, resourceKeys) => new VercelAi(table.create(keys, resourceKeys), keys),
};
