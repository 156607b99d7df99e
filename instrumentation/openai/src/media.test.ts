/** What is streamed of images, speech and transcriptions, piece by piece. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import { Content } from '@ai-cost-profiler/core/content.ts';
import { expect, test } from 'vitest';
import { imagesReader } from './images.ts';
import type { OpenAICall } from './openai-call.ts';
import { speechReader } from './speech.ts';
import { transcriptionReader } from './transcription.ts';

const call = (body: object): OpenAICall => ({
  body: { model: 'm', stream: true, ...body },
  origin: { provider: 'openai', attributes: {} },
  content: new Content({}),
});

const IMAGE = {
  input_tokens: 50,
  input_tokens_details: { text_tokens: 10, image_tokens: 40, cached_tokens: 8 },
  output_tokens: 272,
  output_tokens_details: { image_tokens: 200, text_tokens: 72 },
};

const CASES: readonly (readonly [
  string,
  (of: OpenAICall) => CallReader,
  readonly object[],
  object,
])[] = [
  [
    'an image tells its tokens at its end',
    imagesReader,
    [
      { type: 'image_generation.partial_image', b64_json: 'a', usage: null },
      { type: 'image_generation.completed', b64_json: 'b', usage: IMAGE },
    ],
    {
      inputTokens: 50,
      inputImageTokens: 40,
      cacheReadTokens: 8,
      outputTokens: 272,
      outputImageTokens: 200,
    },
  ],
  [
    'an image that was edited likewise',
    imagesReader,
    [{ type: 'image_edit.completed', usage: { input_tokens: 5, output_tokens: 6 } }],
    { inputTokens: 5, outputTokens: 6, outputImageTokens: 6 },
  ],
  [
    'an image that did not come tells nothing',
    imagesReader,
    [{ type: 'image_generation.partial_image' }],
    {},
  ],
  [
    'a transcription by tokens',
    transcriptionReader,
    [
      { type: 'transcript.text.delta', delta: 'a' },
      {
        type: 'transcript.text.done',
        usage: {
          type: 'tokens',
          input_tokens: 14,
          input_token_details: { audio_tokens: 10 },
          output_tokens: 4,
        },
      },
    ],
    { inputTokens: 14, inputAudioTokens: 10, outputTokens: 4 },
  ],
  [
    'a transcription by seconds',
    transcriptionReader,
    [{ type: 'transcript.text.done', usage: { type: 'duration', seconds: 3.5 } }],
    { audioSeconds: 3.5 },
  ],
  [
    'a transcription that broke off tells nothing',
    transcriptionReader,
    [{ type: 'transcript.text.delta' }],
    {},
  ],
  [
    'speech by tokens',
    speechReader,
    [
      { type: 'speech.audio.delta' },
      { type: 'speech.audio.done', usage: { input_tokens: 4, output_tokens: 90 } },
    ],
    { inputTokens: 4, outputTokens: 90, outputAudioTokens: 90 },
  ],
  [
    'speech that broke off, of which the characters are known',
    speechReader,
    [{ type: 'speech.audio.delta' }],
    { characters: 2 },
  ],
];

test.for(CASES)('%s', ([, readerOf, events, expected]) => {
  const reader = readerOf(call({ input: 'a👋' }));
  for (const event of events) expect(reader.readChunk?.(event)).toBeUndefined();
  const usage = Object.entries(reader.readStreamed?.().usage ?? {});
  expect(Object.fromEntries(usage.filter(([, value]) => value !== undefined))).toEqual(expected);
});
