/**
 * Usage objects of the providers' own APIs, as SDKs and gateways pass them on inside their telemetry. They are exact,
 * and tell what totals do not: the TTL of cache writes, searches, the tier that was served. One table for each API.
 * Sources: the API references of Anthropic (messages), OpenAI (chat completions, responses), Google (generateContent)
 * and AWS (Converse).
 */
import type { CountedUnit } from '@ai-cost-profiler/clickhouse/usage.ts';
import { type Blob, textOf, valueAt, wholeOf } from './blob.ts';
import type { CallContext } from './call.ts';
import type { CountNames } from './dialect-table.ts';
import type { CountName } from './usage/counts.ts';
import type { RawUsage } from './usage/raw-usage.ts';

type ContextName = 'serviceTier' | 'speed' | 'inferenceGeo';

/** Paths are joined by `.`; the first that tells a thing counts. */
export interface ReportShape {
  readonly counts: CountNames;
  readonly units?: Readonly<Partial<Record<CountedUnit, string>>>;
  readonly context?: Readonly<Partial<Record<ContextName, string>>>;
}

export interface ProviderReport {
  usage: RawUsage;
  context: CallContext;
}

/** `input_tokens` holds neither cache reads nor writes: it is the uncached part. */
export const ANTHROPIC_MESSAGES: ReportShape = {
  counts: {
    uncached: ['input_tokens'],
    output: ['output_tokens'],
    cacheRead: ['cache_read_input_tokens'],
    cacheWrite: ['cache_creation_input_tokens'],
    cacheWrite5m: ['cache_creation.ephemeral_5m_input_tokens'],
    cacheWrite1h: ['cache_creation.ephemeral_1h_input_tokens'],
  },
  units: { web_searches: 'server_tool_use.web_search_requests' },
  context: { serviceTier: 'service_tier', speed: 'speed', inferenceGeo: 'inference_geo' },
};

/** Chat completions and responses: totals hold cached and reasoning tokens. */
export const OPENAI: ReportShape = {
  counts: {
    input: ['prompt_tokens', 'input_tokens'],
    output: ['completion_tokens', 'output_tokens'],
    total: ['total_tokens'],
    cacheRead: ['prompt_tokens_details.cached_tokens', 'input_tokens_details.cached_tokens'],
    inputAudio: ['prompt_tokens_details.audio_tokens', 'input_tokens_details.audio_tokens'],
    reasoning: [
      'completion_tokens_details.reasoning_tokens',
      'output_tokens_details.reasoning_tokens',
    ],
    outputAudio: ['completion_tokens_details.audio_tokens', 'output_tokens_details.audio_tokens'],
  },
};

/** The total of candidates may or may not hold the thoughts: disjoint-usage.ts judges by the total. */
export const GOOGLE_GENERATE_CONTENT: ReportShape = {
  counts: {
    input: ['promptTokenCount'],
    output: ['candidatesTokenCount'],
    total: ['totalTokenCount'],
    cacheRead: ['cachedContentTokenCount'],
    reasoning: ['thoughtsTokenCount'],
    toolUse: ['toolUsePromptTokenCount'],
  },
};

/** Only what the AI SDK passes on of it. */
export const BEDROCK_CONVERSE: ReportShape = {
  counts: { cacheRead: ['cacheReadInputTokens'], cacheWrite: ['cacheWriteInputTokens'] },
};

/** What a usage object of a provider tells; nothing of what it does not. */
export function readProviderReport(shape: ReportShape, blob: Blob): ProviderReport {
  const at = (path: string) => valueAt(blob, path.split('.'));
  const usage: RawUsage = {};
  for (const [name, paths] of Object.entries(shape.counts) as [CountName, readonly string[]][]) {
    const value = paths.map((path) => wholeOf(at(path))).find((count) => count !== undefined);
    if (value !== undefined) {
      usage[name] = value;
    }
  }
  const units = told(shape.units, (path) => positive(wholeOf(at(path))));
  return {
    usage: Object.keys(units).length === 0 ? usage : { ...usage, units },
    context: told(shape.context, (path) => textOf(at(path))),
  };
}

/** No searches is no unit: an absent unit needs no price. */
function positive(count: bigint | undefined): bigint | undefined {
  return count === 0n ? undefined : count;
}

function told<Name extends string, Value>(
  paths: Readonly<Partial<Record<Name, string>>> | undefined,
  read: (path: string) => Value | undefined,
): { [K in Name]?: Value } {
  const found: { [K in Name]?: Value } = {};
  for (const [name, path] of Object.entries(paths ?? {}) as [Name, string][]) {
    const value = read(path);
    if (value !== undefined) {
      found[name] = value;
    }
  }
  return found;
}
