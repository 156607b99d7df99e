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

/** Equal input up to the cache tokens, and equal output up to the reasoning. Both must have usage. */
export function hasEqualTokens(a: Call, b: Call): boolean {
  const [first, second] = [a.usage?.buckets, b.usage?.buckets];
  if (first === undefined || second === undefined) {
    return false;
  }
  const distance = (keys: readonly (keyof Usage)[]) => {
    const difference = sumOf(first, keys) - sumOf(second, keys);
    return difference < 0n ? -difference : difference;
  };
  return (
    [...cacheDifferences(first), ...cacheDifferences(second)].includes(distance(INPUT_BUCKETS)) &&
    // One reading may leave out the reasoning that the other tells within its output (Google).
    [0n, first.out_reasoning, second.out_reasoning].includes(distance(OUTPUT_BUCKETS))
  );
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

/** A child that lies within its ancestor's time. The clocks of two services are not compared. */
function isWithin(inner: LlmSpan, outer: LlmSpan): boolean {
  return (
    inner.service !== outer.service ||
    (inner.startNs >= outer.startNs && (inner.endNs <= outer.endNs || readsOn(inner, outer)))
  );
}

/** Who asks for the raw response ends an SDK's own span with its head; the one below it goes on to read the body. */
function readsOn(inner: LlmSpan, outer: LlmSpan): boolean {
  return (
    outer.call.usage === undefined &&
    inner.parentSpanId === outer.spanId &&
    inner.startNs <= outer.endNs
  );
}

/** A span that shows a call. */
export type LlmSpan = SettleSpan & { call: Call };

/** Whether a call and one below it, with these spans between them, are one, where no id tells. */
export function isSameCall(
  inner: LlmSpan,
  outer: LlmSpan,
  between: readonly SettleSpan[],
): boolean {
  const { call: a } = inner;
  const { call: b } = outer;
  // Two different answers are two calls, and so are an attempt that failed and the answer that followed it.
  const isOtherAnswer = a.responseId !== '' && b.responseId !== '' && a.responseId !== b.responseId;
  const isFailedAttempt = a.missingUsageReason === 'error' && b.missingUsageReason !== 'error';
  if (isOtherAnswer || isFailedAttempt || !hasSameModel(a, b) || !isWithin(inner, outer)) {
    return false;
  }
  if (a.usage !== undefined && b.usage !== undefined) {
    return hasEqualTokens(a, b);
  }
  // A wrapper that reports nothing adds no call of its own; a call that ran a tool or an agent is one.
  return !between.some(({ call }) => CALLERS.includes(call?.operation ?? ''));
}

const CALLERS = ['execute_tool', 'invoke_agent'];

/** How much a span tells: of two views of one call, the richer is billed. Without a biller there is no price. */
export function richness(call: Call): number {
  const buckets = Object.keys(call.usage?.buckets ?? {}).length;
  const names = (call.responseModel === '' ? 0 : 2) + (modelOf(call) === '' ? 0 : 1);
  return (call.provider === '' ? 0 : 1000) + buckets * 4 + names;
}
