/**
 * Caches that are made on purpose: charged for how long they keep how many tokens, from when they are made until they
 * expire. Vertex AI charges what went in as well, like any input ("Context caching overview", caching storage costs);
 * of the Gemini API nothing such is documented.
 */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import { type GoogleCall, regionOf, requestOf } from './google-client.ts';

interface Cached {
  /** RFC 3339. */
  readonly createTime?: string;
  readonly expireTime?: string;
  readonly usageMetadata?: { readonly totalTokenCount?: number };
}

export class CacheReader implements CallReader {
  readonly request: CallRequest;
  private readonly region: string | undefined;
  private readonly isInputCharged: boolean;

  constructor(call: GoogleCall) {
    this.request = requestOf('create_cache', call);
    this.region = regionOf(call);
    this.isInputCharged = call.apiClient.isVertexAI();
  }

  readWhole(answer: unknown): CallAnswer {
    const { createTime, expireTime, usageMetadata } = answer as Cached;
    const tokens = usageMetadata?.totalTokenCount;
    const hours = hoursBetween(createTime, expireTime);
    const cacheTokenHours =
      tokens === undefined || hours === undefined ? undefined : tokens * hours;
    const inputTokens = this.isInputCharged ? tokens : undefined;
    return { usage: { inputTokens, cacheTokenHours }, conditions: { region: this.region } };
  }
}

const HOUR_MS = 3_600_000;

function hoursBetween(from: string | undefined, until: string | undefined): number | undefined {
  const ms = Date.parse(until ?? '') - Date.parse(from ?? '');
  return Number.isNaN(ms) || ms < 0 ? undefined : ms / HOUR_MS;
}
