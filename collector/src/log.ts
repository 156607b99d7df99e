// The log: pino, one JSON object per line; pretty on a terminal only.
// Invariant: no line holds a key. Known places are redacted, and whatever looks like a key is scrubbed last.
import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

const KEY_LIKE = /aicost_([A-Za-z0-9]{1,64})_[A-Za-z0-9_-]{8,}/g;

/** Removes the secret of every key in a text; the id stays, it is public and says which key it was. */
export function scrubKeys(text: string): string {
  return text.replace(KEY_LIKE, 'aicost_$1_[redacted]');
}

const REDACTED_PATHS = [
  'key',
  '*.key',
  'headers.authorization',
  'headers["x-api-key"]',
  '*.headers.authorization',
  '*.headers["x-api-key"]',
];

/** A stream that a log may be written to; `isTTY` decides whether people read it. */
export type LogStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/**
 * Makes the log.
 * @param stream normally standard error, so that standard output stays free for what a command answers
 */
export function createLog(level: Config['logLevel'], stream: LogStream): Logger {
  const destination: DestinationStream =
    stream.isTTY === true
      ? pretty({
          destination: stream,
          sync: true,
          ignore: 'pid,hostname',
          translateTime: 'HH:MM:ss',
        })
      : stream;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      hooks: { streamWrite: scrubKeys },
    },
    destination,
  );
}
