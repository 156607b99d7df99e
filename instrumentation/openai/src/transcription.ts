/** Transcriptions and translations of audio (`/audio/transcriptions`, `/audio/translations`), whole and streamed. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { callRequest, countOf, type OpenAICall, textOf } from './openai-call.ts';

/** By tokens or by seconds, as the model is charged. */
interface TranscriptionUsage {
  readonly type?: unknown;
  readonly seconds?: unknown;
  readonly input_tokens?: unknown;
  readonly input_token_details?: { readonly audio_tokens?: unknown } | null;
  readonly output_tokens?: unknown;
}

interface TranscriptionAnswer {
  readonly model?: unknown;
  readonly usage?: TranscriptionUsage | null;
  /** Seconds, of `verbose_json`; older servers write a text. */
  readonly duration?: unknown;
}

export function transcriptionReader(call: OpenAICall): CallReader {
  let streamed: CallUsage = {};
  return {
    request: callRequest(call, 'transcription'),
    readWhole(answer) {
      // `text`, `srt` and `vtt` tell nothing.
      if (typeof answer !== 'object' || answer === null) return {};
      const { model, usage, duration } = answer as TranscriptionAnswer;
      const told = usage ? transcriptionUsage(usage) : { audioSeconds: secondsOf(duration) };
      return { model: textOf(model), usage: told };
    },
    readChunk(event) {
      const { usage } = event as TranscriptionAnswer;
      if (usage) streamed = transcriptionUsage(usage);
      return undefined;
    },
    readStreamed: () => ({ usage: streamed }),
  };
}

function transcriptionUsage(usage: TranscriptionUsage): CallUsage {
  if (usage.type === 'duration') return { audioSeconds: secondsOf(usage.seconds) };
  return {
    inputTokens: countOf(usage.input_tokens),
    inputAudioTokens: countOf(usage.input_token_details?.audio_tokens),
    outputTokens: countOf(usage.output_tokens),
  };
}

function secondsOf(told: unknown): number | undefined {
  const seconds = typeof told === 'string' && told !== '' ? Number(told) : told;
  return Number.isFinite(seconds) ? countOf(seconds) : undefined;
}
