/**
 * Langfuse: its SDKs, and gateways that write its names beside others. The type of an observation says what it is;
 * usage and cost are JSON objects (langfuse-usage.ts). Its span processor copies user, session, trace name and prompt
 * onto every span of the process, so that those alone make no call. Source: github.com/langfuse/langfuse at 6275144,
 * langfuse-js at 0d5a8d0, @langfuse/otel@5.11.1.
 */

import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import type { AttributeReader } from '../attribute-reader.ts';
import { amountOf, type Blob, parseBlob } from '../blob.ts';
import type { Dialect, DialectDefinition, DialectReading, SpanFacts } from '../dialect.ts';
import { readUsageDetails } from '../langfuse-usage.ts';
import { namedIn } from '../named.ts';
import type { Triggers } from '../span-condition.ts';
import type { TagNames } from '../tag-keys.ts';

/** Observation types → the conventions' words. `span`, `event`, `guardrail` and `evaluator` name no operation. */
const OPERATIONS: Readonly<Record<string, string>> = {
  generation: 'chat',
  embedding: 'embeddings',
  agent: 'invoke_agent',
  chain: 'invoke_workflow',
  tool: 'execute_tool',
  retriever: 'retrieval',
};

/** Buckets that the application set; an object of totals says no more than any other. */
const BUCKETS_AUTHORITY = 50;
const TOTALS_AUTHORITY = 10;

const ATTRIBUTION = {
  user: ['langfuse.user.id'],
  session: ['langfuse.session.id'],
  feature: ['langfuse.trace.name'],
  // Before version 3 of the SDKs without `observation`.
  prompt: ['langfuse.observation.prompt.name', 'langfuse.prompt.name'],
} as const;
const TAGS: TagNames = {
  named: {
    'langfuse.environment': 'environment',
    'langfuse.release': 'release',
    'langfuse.version': 'version',
  },
  labels: ['langfuse.trace.tags', 'langfuse.tags'],
  prefixes: ['langfuse.trace.metadata.', 'langfuse.observation.metadata.', 'langfuse.metadata.'],
  objects: ['langfuse.trace.metadata', 'langfuse.observation.metadata', 'langfuse.metadata'],
};
const PROMPT_VERSION = ['langfuse.observation.prompt.version', 'langfuse.prompt.version'];
/**
 * The wrapper of the OpenAI client names its spans by the client's class (JavaScript) or `OpenAI-generation` (Python):
 * all that is told of who bills.
 */
const CLIENTS: Readonly<Record<string, string>> = {
  AzureOpenAI: 'azure.ai.openai',
  OpenAI: 'openai',
};
const WRAPPED = /^(AzureOpenAI|OpenAI)[.-]/;
/** What another emitter writes on a call: then the names copied onto it are of use. */
const OTHERS_CALLS = ['gen_ai.operation.name', 'gen_ai.system', 'ai.operationId', 'llm.model_name'];

type AttributionName = keyof typeof ATTRIBUTION;

const MARKS = {
  type: 'langfuse.observation.type',
  model: 'langfuse.observation.model.name',
  usageDetails: 'langfuse.observation.usage_details',
  costDetails: 'langfuse.observation.cost_details',
} as const;

class Langfuse implements Dialect {
  readonly name = 'langfuse';
  readonly triggers: Triggers = {
    keys: [...Object.values(MARKS), ...Object.values(ATTRIBUTION).flat()],
    hasSpanNames: false,
    scopes: [],
  };
  private readonly type: KeyId;
  private readonly model: KeyId;
  private readonly usageDetails: KeyId;
  private readonly costDetails: KeyId;
  private readonly level: KeyId;
  private readonly promptVersion: KeyId[];
  private readonly attribution: [AttributionName, KeyId[]][];
  private readonly others: KeyId[];

  constructor(keys: AttributeKeys) {
    const declare = (names: readonly string[]) => names.map((name) => keys.declare(name));
    keys.declareTags(TAGS);
    this.type = keys.declare(MARKS.type);
    this.model = keys.declare(MARKS.model);
    this.usageDetails = keys.declare(MARKS.usageDetails);
    this.costDetails = keys.declare(MARKS.costDetails);
    this.level = keys.declare('langfuse.observation.level');
    this.promptVersion = declare(PROMPT_VERSION);
    this.attribution = Object.entries(ATTRIBUTION).map(([name, names]) => [
      name as AttributionName,
      declare(names),
    ]);
    this.others = declare(OTHERS_CALLS);
  }

  recognises({ attributes }: SpanFacts): boolean {
    return (
      attributes.has(this.usageDetails) ||
      attributes.has(this.costDetails) ||
      attributes.has(this.model) ||
      this.operationOf(attributes) !== undefined ||
      this.tellsOfAnothersCall(attributes)
    );
  }

  read({ attributes, spanName }: SpanFacts): DialectReading {
    const details = this.blob(attributes, this.usageDetails);
    const read = details === undefined ? undefined : readUsageDetails(details);
    const { usage = {}, inclusion, hasBuckets = false, unknownKeys = [], unreadable } = read ?? {};
    const isUnderstood = unknownKeys.length === 0 && unreadable === undefined;
    return {
      operation: this.operationOf(attributes),
      provider: this.isWrapped(attributes)
        ? namedIn(CLIENTS, WRAPPED.exec(spanName)?.[1] ?? '')
        : undefined,
      // The application's own word where it differs from the provider's: what it asked for.
      requestModel: attributes.text(this.model),
      responseModel: undefined,
      responseId: undefined,
      usage: isUnderstood ? usage : {},
      missingUsage: isUnderstood
        ? this.failure(attributes)
        : (unreadable ?? `unknown_usage: ${unknownKeys.join(', ')}`),
      inclusion,
      authority: hasBuckets ? BUCKETS_AUTHORITY : TOTALS_AUTHORITY,
      reportedUsd: costOf(this.blob(attributes, this.costDetails)),
      context: {},
      attribution: this.readAttribution(attributes),
    };
  }

  private operationOf(attributes: AttributeReader): string | undefined {
    return namedIn(OPERATIONS, attributes.text(this.type)?.toLowerCase() ?? '');
  }

  private isWrapped(attributes: AttributeReader): boolean {
    return attributes.text(this.type) === 'generation';
  }

  private tellsOfAnothersCall(attributes: AttributeReader): boolean {
    return (
      this.others.some((key) => attributes.has(key)) &&
      this.attribution.some(([, keys]) => keys.some((key) => attributes.has(key)))
    );
  }

  /** The SDK marks a failure on the observation, and leaves the span's status unset. */
  private failure(attributes: AttributeReader): string | undefined {
    return attributes.text(this.level) === 'ERROR' ? 'error' : undefined;
  }

  private blob(attributes: AttributeReader, key: KeyId): Blob | undefined {
    return parseBlob(attributes.text(key) ?? '', 'json');
  }

  private readAttribution(attributes: AttributeReader): DialectReading['attribution'] {
    const found: DialectReading['attribution'] = {};
    for (const [name, keys] of this.attribution) {
      const text = attributes.firstText(keys);
      if (text !== undefined) {
        found[name] = text;
      }
    }
    const version =
      attributes.firstWhole(this.promptVersion)?.toString() ??
      attributes.firstText(this.promptVersion);
    return version === undefined ? found : { ...found, promptVersion: version };
  }
}

/**
 * `total`, or the exact sum of the parts. Zeros are what the SDK writes beside a failure and the server where it knows
 * no price: they are no report.
 */
function costOf(blob: Blob | undefined): string | undefined {
  const { total, ...parts } = blob ?? {};
  const amounts = total === undefined ? Object.values(parts) : [total];
  const sum = amounts
    .map(amountOf)
    .filter((amount) => amount !== undefined)
    .reduce((atto, amount) => atto + parseUsd(amount), 0n);
  return sum === 0n ? undefined : formatUsd(sum);
}

export const langfuse: DialectDefinition = {
  name: 'langfuse',
  summary: 'Langfuse: its SDKs, and gateways that write its names beside others. Usage is JSON.',
  declared: {
    marks: [{ keys: Object.values(MARKS) }],
    identity: { operation: [MARKS.type], requestModel: [MARKS.model] },
    operations: OPERATIONS,
    usage: {},
    blobs: [
      // The keys of the object are read by langfuse-usage.ts.
      { key: MARKS.usageDetails, format: 'json' },
      { key: MARKS.costDetails, format: 'json', cost: ['total'] },
    ],
    attribution: { ...ATTRIBUTION, promptVersion: PROMPT_VERSION },
    tags: TAGS,
    readByCode: {
      'langfuse.observation.level': 'ERROR: the call failed',
      ...Object.fromEntries(OTHERS_CALLS.map((key) => [key, "another emitter's call"])),
    },
    authority: BUCKETS_AUTHORITY,
  },
  contentKeys: [
    'langfuse.observation.input',
    'langfuse.observation.output',
    'langfuse.trace.input',
    'langfuse.trace.output',
    'langfuse.experiment.item.expected_output',
  ],
  contentPrefixes: [],
  create: (keys) => new Langfuse(keys),
};
