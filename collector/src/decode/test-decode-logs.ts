/** Requests of log records decoded at once, as tests want them; the collector decodes them in steps. */
import { DEFAULT_DECODE_LIMITS, DecodeError, type DecodeOutcome } from './decode-error.ts';
import { transcodedLogSteps, transcodeJson } from './decode-json.ts';
import { logSteps } from './decode-protobuf.ts';
import { type LogSink, LogView } from './log-view.ts';
import { runToEnd } from './steps.ts';

const LIMITS = DEFAULT_DECODE_LIMITS;

export function decodeLogsProtobuf(bytes: Uint8Array, sink: LogSink): DecodeOutcome {
  return runToEnd(logSteps(bytes, sink, LIMITS, new LogView()));
}

export function decodeLogsJson(bytes: Uint8Array, sink: LogSink): DecodeOutcome {
  try {
    const written = transcodeJson(bytes, 'LogsRequest', LIMITS.depthMax);
    return runToEnd(transcodedLogSteps(written, sink, LIMITS, new LogView()));
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, error };
    throw error;
  }
}
