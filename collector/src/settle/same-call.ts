/**
 * Whether two spans show the same physical call, seen by two emitters: a framework and the provider's SDK, a client
 * and a gateway, a client and a server. Source: research on dialects §7.2.
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS, type Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { type Call, modelOf } from '../normalise/call.ts';
import type { SettleSpan } from './settle-span.ts';

/** Names under which one biller is seen by different emitters; a mirror may name the hoster or the family. */
const FAMILIES: Readonly<Record<string, string>> = {
  'azure.ai.openai': 'openai',
  'azure.ai.inference': 'openai',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  'gcp.gen_ai': 'google',
};

export function providerFamily(provider: string): string {
  return FAMILIES[provider] ?? provider;
}

function sumOf(usage: Usage | undefined, keys: readonly (keyof Usage)[]): bigint {
  return keys.reduce((sum, key) => sum + (usage?.[key] ?? 0n), 0n);
}

/** Amounts by which two readings of one input total may differ: the cache tokens of either. */
function cacheDifferences(usage: Usage): bigint[] {
  const read = sumOf(usage, ['in_cache_read', 'in_cache_read_audio', 'in_cache_read_video']);
  const write = sumOf(usage, ['in_cache_write', 'in_cache_write_5m', 'in_cache_write_1h']);
  return [0n, read, write, read + write];
}

/** Equal output, and equal input up to the cache tokens. Both must have usage. */
export function hasEqualTokens(a: Call, b: Call): boolean {
  const [first, second] = [a.usage?.buckets, b.usage?.buckets];
  if (first === undefined || second === undefined) {
    return false;
  }
  const isSameOutput = sumOf(first, OUTPUT_BUCKETS) === sumOf(second, OUTPUT_BUCKETS);
  const difference = sumOf(first, INPUT_BUCKETS) - sumOf(second, INPUT_BUCKETS);
  const distance = difference < 0n ? -difference : difference;
  const allowed = [...cacheDifferences(first), ...cacheDifferences(second)];
  return isSameOutput && allowed.includes(distance);
}

/** The same model, or one of the two does not tell. A dated snapshot and its alias are the same. */
export function hasSameModel(a: Call, b: Call): boolean {
  const names = (call: Call) =>
    [call.requestModel, call.responseModel].filter((name) => name !== '').map(plainModel);
  const [first, second] = [names(a), names(b)];
  return first.length === 0 || second.length === 0 || first.some((name) => second.includes(name));
}

/** Without a gateway's prefix and a region: `openai/gpt-4o` and `gpt-4o` are one model. */
function plainModel(name: string): string {
  const last = name.toLowerCase().split('/').at(-1)!;
  return last.replace(/^(us|eu|apac|global)\.(anthropic|amazon|meta)\./, '');
}

/** A child that lies within its ancestor's time. */
export function isWithin(inner: SettleSpan, outer: SettleSpan): boolean {
  return inner.startNs >= outer.startNs && inner.endNs <= outer.endNs;
}

/** How much a span tells: of two views of one call, the richer is billed. */
export function richness(call: Call): number {
  const buckets = Object.keys(call.usage?.buckets ?? {}).length;
  return buckets * 4 + (call.responseModel === '' ? 0 : 2) + (modelOf(call) === '' ? 0 : 1);
}
