/** What our own spans cost: units, tools, and how the call was served. */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { describe, expect, test } from 'vitest';
import { chargeCall } from '../../price/charge-call.ts';
import { loadPriceBook } from '../../price/load-book.ts';
import { callOf, type TestSpan } from '../test-span.ts';

const BOOK = loadPriceBook();
const AT_NS = 1_787_227_200_000_000_000n;

type Attributes = TestSpan['attributes'];

function chargeOf(attributes: Attributes): string {
  const call = callOf({ scope: '@ai-cost-profiler/core', attributes })!;
  const { basis, costAtto, unpricedReason, unpricedDetail } = chargeCall(BOOK, call, AT_NS);
  return costAtto === undefined
    ? `${unpricedReason}: ${unpricedDetail}`
    : `${basis} ${formatUsd(costAtto)}`;
}

const openAi = (operation: string, model: string, told: Attributes): Attributes => ({
  'gen_ai.operation.name': operation,
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': model,
  ...told,
});
const tool = (told: Attributes): Attributes => ({
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'web_search',
  ...told,
});

describe('own spans', () => {
  test.for<[string, Attributes, string]>([
    [
      'seconds of audio are priced to their fraction (0.006 USD a minute)',
      openAi('transcription', 'whisper-1', { 'aicost.usage.audio_seconds': 12.5 }),
      'computed 0.00125',
    ],
    [
      'seconds may be told as text, so that no digit is lost',
      openAi('transcription', 'whisper-1', { 'aicost.usage.audio_seconds': '0.000000001' }),
      'computed 0.0000000000001',
    ],
    [
      'characters read aloud are priced (15 USD a million)',
      openAi('speech', 'tts-1', { 'aicost.usage.characters': 1000 }),
      'computed 0.015',
    ],
    [
      'a unit that cannot be read leaves the cost unknown',
      openAi('speech', 'tts-1', { 'aicost.usage.characters': -1 }),
      'no_usage: count_negative',
    ],
    ['a paid tool costs what it said', tool({ 'aicost.cost_usd': '0.0042' }), 'reported 0.0042'],
    [
      'to its last digit',
      tool({ 'aicost.cost_usd': '0.000000000000000001' }),
      'reported 0.000000000000000001',
    ],
    [
      'a cost that cannot be read is unknown',
      tool({ 'aicost.cost_usd': 'much' }),
      'no_usage: not_reported',
    ],
  ])('%s', ([, attributes, expected]) => {
    expect(chargeOf(attributes)).toBe(expected);
  });

  test('a tool without a cost of its own bills nothing', () => {
    const call = callOf({ scope: '@ai-cost-profiler/core', attributes: tool({}) });
    expect(call?.role).toBe('non_billable');
  });

  test('spans of others are not read as our own, whatever their attributes', () => {
    const attributes = openAi('chat', 'gpt-4o', { 'aicost.cost_usd': '1' });
    const call = callOf({ scope: 'other', attributes });
    expect([call?.dialect, call?.reportedAtto]).toEqual(['otel_genai', undefined]);
  });
});
