/**
 * Speech (`/audio/speech`). The answer is sound: tokens are told only at the end of a stream of events
 * (`stream_format: 'sse'`), else the characters that were read aloud are what is known.
 */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { callRequest, countOf, type OpenAICall } from './openai-call.ts';

interface SpeechEvent {
  readonly type?: unknown;
  readonly usage?: { readonly input_tokens?: unknown; readonly output_tokens?: unknown } | null;
}

export function speechReader(call: OpenAICall): CallReader {
  const { input } = call.body as { input?: unknown };
  // Whole characters, not the halves of which JavaScript makes some.
  const read: CallUsage = typeof input === 'string' ? { characters: [...input].length } : {};
  let usage = read;
  return {
    request: callRequest(call, 'speech'),
    readWhole: () => ({ usage: read }),
    readChunk(event) {
      const { type, usage: told } = event as SpeechEvent;
      if (type !== 'speech.audio.done' || !told) return undefined;
      const outputTokens = countOf(told.output_tokens);
      const inputTokens = countOf(told.input_tokens);
      usage = { inputTokens, outputTokens, outputAudioTokens: outputTokens };
      return undefined;
    },
    readStreamed: () => ({ usage }),
  };
}
