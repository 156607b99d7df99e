import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { describe, expect, it } from 'vitest';
import { type GoogleUsage, usageOf } from './google-usage.ts';

const told = (usage: CallUsage): CallUsage =>
  Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined));

interface Case {
  readonly what: string;
  readonly usage: GoogleUsage;
  readonly output: number | undefined;
  readonly isFinal?: boolean;
}

const OUTPUTS: readonly Case[] = [
  {
    what: 'candidates and thoughts, which are apart',
    usage: {
      promptTokenCount: 10,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 3,
      totalTokenCount: 18,
    },
    output: 8,
  },
  {
    what: 'candidates that hold the thoughts, as the total proves',
    usage: {
      promptTokenCount: 10,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 3,
      totalTokenCount: 15,
    },
    output: 5,
  },
  {
    what: 'candidates that hold the thoughts, beside what tools took',
    usage: {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 4,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 3,
      totalTokenCount: 19,
    },
    output: 5,
  },
  {
    what: 'candidates and thoughts where no total is told',
    usage: { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 3 },
    output: 8,
  },
  {
    what: 'candidates alone',
    usage: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
    output: 5,
  },
  {
    what: 'thoughts alone, where the limit was reached before a word was said',
    usage: { promptTokenCount: 10, thoughtsTokenCount: 3, totalTokenCount: 13 },
    output: 3,
  },
  {
    what: 'nothing, as the total of a finished answer says',
    usage: { promptTokenCount: 10, totalTokenCount: 10 },
    output: 0,
  },
  {
    what: 'nothing yet, which is unknown in the middle of a stream',
    usage: { promptTokenCount: 10, totalTokenCount: 10 },
    output: undefined,
    isFinal: false,
  },
  { what: 'nothing told', usage: { promptTokenCount: 10 }, output: undefined },
  {
    what: 'a total that is less than the prompt',
    usage: { promptTokenCount: 10, totalTokenCount: 4 },
    output: undefined,
  },
];

describe('what a call to Google used', () => {
  it.each(OUTPUTS)('counts as output: $what', ({ usage, output, isFinal = true }) => {
    expect(usageOf(usage, isFinal).outputTokens).toBe(output);
  });

  it('has no quantity that was not told', () => {
    expect(told(usageOf({ promptTokenCount: 10 }, false))).toEqual({ inputTokens: 10 });
  });

  it('adds what is told of a modality in parts', () => {
    const promptTokensDetails = [
      { modality: 'AUDIO', tokenCount: 2 },
      { modality: 'TEXT', tokenCount: 5 },
      { modality: 'AUDIO', tokenCount: 3 },
      { modality: 'IMAGE' },
    ];
    expect(told(usageOf({ promptTokensDetails }, true))).toEqual({ inputAudioTokens: 5 });
  });

  it('tells images and sound that came out', () => {
    const usage = {
      candidatesTokenCount: 1300,
      candidatesTokensDetails: [
        { modality: 'IMAGE', tokenCount: 1290 },
        { modality: 'AUDIO', tokenCount: 4 },
      ],
    };
    const expected = { outputTokens: 1300, outputImageTokens: 1290, outputAudioTokens: 4 };
    expect(told(usageOf(usage, true))).toEqual(expected);
  });
});
