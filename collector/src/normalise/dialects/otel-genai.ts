/**
 * OTel GenAI semantic conventions, every generation: the newest names (semantic-conventions-genai, 2026-08), 1.37–1.41,
 * 1.27–1.36 and ≤ 1.26. Emitters stay on old names unless told otherwise, so all coexist; on one span the newest name
 * that is told wins. Cache tokens are named since 1.40, where the input total SHOULD hold them (disjoint-usage.ts
 * judges). Source: github.com/open-telemetry/semantic-conventions, tags v1.26–v1.44, and …-genai at 024a4f9.
 */
import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import type { CallContext } from '../call.ts';
import type { Dialect, DialectDefinition, DialectReading, SpanFacts } from '../dialect.ts';
import type { RawUsage } from '../usage/raw-usage.ts';

/** Newest name first; the comment tells from when on, or until when. */
const USAGE_NAMES: Readonly<
  Record<
    Exclude<
      keyof RawUsage,
      'uncached' | 'cacheWrite5m' | 'cacheWrite1h' | 'toolUse' | 'citation' | 'units'
    >,
    readonly string[]
  >
> = {
  // 1.27 renamed prompt/completion to input/output.
  input: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  output: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
  // Never in the conventions, but written beside them; evidence only.
  total: ['gen_ai.usage.total_tokens'],
  cacheRead: ['gen_ai.usage.cache_read.input_tokens'],
  // cache_creation in 1.40–1.41, cache_write since the genai repository (#440).
  cacheWrite: ['gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens'],
  reasoning: ['gen_ai.usage.reasoning.output_tokens'],
  inputAudio: ['gen_ai.usage.audio.input_tokens'],
  inputImage: ['gen_ai.usage.image.input_tokens'],
  inputVideo: ['gen_ai.usage.video.input_tokens'],
  cacheReadAudio: ['gen_ai.usage.audio.cache_read.input_tokens'],
  cacheReadVideo: ['gen_ai.usage.video.cache_read.input_tokens'],
  outputAudio: ['gen_ai.usage.audio.output_tokens'],
  outputImage: ['gen_ai.usage.image.output_tokens'],
};

const OTEL_AUTHORITY = 40;

type UsageName = keyof typeof USAGE_NAMES;
const USAGE = Object.keys(USAGE_NAMES) as UsageName[];

class OtelGenAi implements Dialect {
  readonly name = 'otel_genai';
  private readonly operation: KeyId;
  private readonly provider: KeyId[];
  private readonly requestModel: KeyId;
  private readonly responseModel: KeyId;
  private readonly responseId: KeyId;
  private readonly servedTier: KeyId[];
  private readonly requestedTier: KeyId[];
  private readonly usage: Record<UsageName, KeyId[]>;

  constructor(keys: AttributeKeys) {
    const declare = (names: readonly string[]) => names.map((name) => keys.declare(name));
    this.operation = keys.declare('gen_ai.operation.name');
    // 1.37 renamed gen_ai.system to gen_ai.provider.name.
    this.provider = declare(['gen_ai.provider.name', 'gen_ai.system']);
    this.requestModel = keys.declare('gen_ai.request.model');
    this.responseModel = keys.declare('gen_ai.response.model');
    this.responseId = keys.declare('gen_ai.response.id');
    // 1.28–1.36 had a gen_ai. prefix.
    this.servedTier = declare([
      'openai.response.service_tier',
      'gen_ai.openai.response.service_tier',
    ]);
    this.requestedTier = declare([
      'openai.request.service_tier',
      'gen_ai.openai.request.service_tier',
    ]);
    this.usage = {} as Record<UsageName, KeyId[]>;
    for (const name of USAGE) {
      this.usage[name] = declare(USAGE_NAMES[name]);
    }
  }

  recognises({ attributes }: SpanFacts): boolean {
    return (
      attributes.has(this.operation) ||
      this.provider.some((key) => attributes.has(key)) ||
      this.usage.input.some((key) => attributes.has(key)) ||
      this.usage.output.some((key) => attributes.has(key))
    );
  }

  read({ attributes }: SpanFacts): DialectReading {
    const usage: RawUsage = {};
    for (const name of USAGE) {
      usage[name] = attributes.firstWhole(this.usage[name]);
    }
    return {
      operation: attributes.text(this.operation),
      provider: attributes.firstText(this.provider),
      requestModel: attributes.text(this.requestModel),
      responseModel: attributes.text(this.responseModel),
      responseId: attributes.text(this.responseId),
      usage,
      authority: OTEL_AUTHORITY,
      context: this.readContext(attributes),
      attribution: {},
    };
  }

  /** The tier served counts. Of the tier asked for, `auto` says nothing about what was served. */
  private readContext(attributes: SpanFacts['attributes']): CallContext {
    const requested = attributes.firstText(this.requestedTier);
    const tier =
      attributes.firstText(this.servedTier) ?? (requested === 'auto' ? undefined : requested);
    return tier === undefined ? {} : { serviceTier: tier };
  }
}

export const otelGenAi: DialectDefinition = {
  name: 'otel_genai',
  contentKeys: [
    'gen_ai.prompt',
    'gen_ai.completion',
    'gen_ai.input.messages',
    'gen_ai.output.messages',
    'gen_ai.system_instructions',
    'gen_ai.tool.definitions',
    'gen_ai.tool.call.arguments',
    'gen_ai.tool.call.result',
    'gen_ai.retrieval.documents',
    'gen_ai.retrieval.query.text',
    'gen_ai.evaluation.explanation',
  ],
  contentPrefixes: ['gen_ai.prompt.variable.'],
  create: (keys) => new OtelGenAi(keys),
};
