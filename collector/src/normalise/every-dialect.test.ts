/** The same call costs the same, whoever tells it: one call rendered in every dialect, for any quantities. */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { chargeCall } from '../price/charge-call.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { DIALECTS } from './dialects.ts';
import { AUDIO_MODEL, AUDIO_RENDERINGS, type ToldAudio } from './test-audio-renderers.ts';
import type { ToldCall } from './test-own-names.ts';
import { RENDERINGS } from './test-renderers.ts';
import { callOf } from './test-span.ts';

const BOOK = loadPriceBook();
const AT_NS = 1_787_227_200_000_000_000n;

const MODELS: Readonly<Record<ToldCall['provider'], string>> = {
  openai: 'gpt-4o-2024-08-06',
  anthropic: 'claude-sonnet-4-5-20250929',
  'gcp.gemini': 'gemini-2.5-flash',
  'aws.bedrock': 'us.anthropic.claude-sonnet-4-20250514-v1:0',
  openrouter: 'anthropic/claude-sonnet-4.5',
};
/** Providers that charge for cache writes do not tell reasoning apart, and the other way round. */
const WRITES: readonly string[] = ['anthropic', 'aws.bedrock', 'openrouter'];

const count = fc.nat(60_000);
const quantities = fc.record({
  uncached: count,
  cacheRead: count,
  cacheWrite: count,
  text: count,
  reasoning: count,
});

function toldCall(provider: ToldCall['provider'], given: Omit<ToldCall, 'provider' | 'model'>) {
  const apart = WRITES.includes(provider) ? { reasoning: 0 } : { cacheWrite: 0 };
  return { ...given, ...apart, provider, model: MODELS[provider] };
}

/** The cost of the quantities themselves, without any emitter. */
function costOf({ provider, model, ...told }: ToldCall): string {
  const call = callOf({ attributes: { 'gen_ai.operation.name': 'chat' } })!;
  const buckets = {
    in_uncached: BigInt(told.uncached),
    in_cache_read: BigInt(told.cacheRead),
    in_cache_write: BigInt(told.cacheWrite),
    out_text: BigInt(told.text),
    out_reasoning: BigInt(told.reasoning),
  };
  const totals = { inputTokens: undefined, outputTokens: undefined };
  const usage = { buckets, ...totals, semantics: 'inclusive' as const, evidence: '' };
  const { costAtto } = chargeCall(BOOK, { ...call, provider, requestModel: model, usage }, AT_NS);
  return formatUsd(costAtto!);
}

test.for(RENDERINGS)(
  '%s tells a call of %s (%s) at its true cost',
  ([dialect, provider, , render]) => {
    fc.assert(
      fc.property(quantities, (given) => {
        const told = toldCall(provider, given);
        const call = callOf(render(told))!;
        const { costAtto, unpricedReason, unpricedDetail } = chargeCall(BOOK, call, AT_NS);
        const cost =
          costAtto === undefined ? `${unpricedReason} ${unpricedDetail}` : formatUsd(costAtto);
        expect([call.dialect, call.role, cost]).toEqual([dialect, 'leaf', costOf(told)]);
      }),
      { numRuns: 40 },
    );
  },
);

/** The cost of the quantities themselves, without any emitter. */
function costOfAudio(told: ToldAudio): string {
  const call = callOf({ attributes: { 'gen_ai.operation.name': 'chat' } })!;
  const buckets = {
    in_uncached: BigInt(told.uncached),
    in_cache_read: BigInt(told.cacheRead),
    in_audio: BigInt(told.inputAudio),
    out_text: BigInt(told.text),
    out_reasoning: BigInt(told.reasoning),
    out_audio: BigInt(told.outputAudio),
  };
  const totals = { inputTokens: undefined, outputTokens: undefined };
  const usage = { buckets, ...totals, semantics: 'inclusive' as const, evidence: '' };
  const named = { ...call, provider: 'openai', requestModel: AUDIO_MODEL, usage };
  return formatUsd(chargeCall(BOOK, named, AT_NS).costAtto!);
}

test.for(AUDIO_RENDERINGS)('%s tells a call with audio at its true cost', ([dialect, render]) => {
  const audio = fc.record({ inputAudio: count, outputAudio: count });
  fc.assert(
    fc.property(quantities, audio, (given, heard) => {
      // LiveKit's realtime metrics tell no reasoning.
      const reasoning = dialect === 'livekit' ? 0 : given.reasoning;
      const told = { ...given, ...heard, reasoning };
      const call = callOf(render(told))!;
      const { costAtto, unpricedReason, unpricedDetail } = chargeCall(BOOK, call, AT_NS);
      const cost =
        costAtto === undefined ? `${unpricedReason} ${unpricedDetail}` : formatUsd(costAtto);
      expect([call.dialect, call.role, cost]).toEqual([dialect, 'leaf', costOfAudio(told)]);
    }),
    { numRuns: 40 },
  );
});

/** Names under which a dialect declares audio, or reads it by code. */
const SAYS_AUDIO = DIALECTS.filter(
  ({ name, declared }) =>
    name === 'langfuse' ||
    'inputAudio' in declared.usage ||
    (declared.blobs ?? []).some(({ usage }) => usage !== undefined && 'inputAudio' in usage),
).map(({ name }) => name);

it('leaves no dialect out', () => {
  const told = new Set(RENDERINGS.map(([dialect]) => dialect));
  expect(DIALECTS.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
});

it('leaves no dialect out that says which tokens are audio', () => {
  const told = new Set(AUDIO_RENDERINGS.map(([dialect]) => dialect));
  // Only for transcriptions, which are priced by another unit.
  const apart = ['vercel_ai'];
  expect(SAYS_AUDIO.filter((name) => !told.has(name) && !apart.includes(name))).toEqual([]);
});
