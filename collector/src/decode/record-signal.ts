/** What is different between the signals whose requests are shown record by record: traces and logs. */

import { type DecodeLimits, type DecodeOutcome, tooManyRecords } from './decode-error.ts';
import { fillLog } from './fill-log.ts';
import { fillSpan } from './fill-span.ts';
import type { LogSink, LogView } from './log-view.ts';
import type { MessageName } from './message-schema.ts';
import { showRecords } from './show-records.ts';
import type { SpanSink, SpanView } from './span-view.ts';
import type { Steps } from './steps.ts';
import type { RecordKind } from './validate-request.ts';

export interface RecordSignal {
  readonly kind: RecordKind;
  /** The request's message. */
  readonly root: MessageName;
  /** Plural, for people. */
  readonly words: string;
}

export const TRACES = {
  kind: 'span',
  root: 'TracesRequest',
  words: 'spans',
  /** Shows every span of the request that `view` is bound to. */
  show(view: SpanView, sink: SpanSink, attributesMax: number): Steps<undefined> {
    return showRecords(view, attributesMax, (start, end) => {
      fillSpan(view, start, end, attributesMax);
      sink.span(view);
    });
  },
} as const satisfies RecordSignal & { show: unknown };

export const LOGS = {
  kind: 'log',
  root: 'LogsRequest',
  words: 'log records',
  /** Shows every log record of the request that `view` is bound to. */
  show(view: LogView, sink: LogSink, attributesMax: number): Steps<undefined> {
    return showRecords(view, attributesMax, (start, end) => {
      fillLog(view, start, end, attributesMax);
      sink.log(view);
    });
  },
} as const satisfies RecordSignal & { show: unknown };

/** The refusal of a request of too many records; undefined when it is within the limit. */
export function refuseTooMany(
  count: number,
  { words }: RecordSignal,
  limits: DecodeLimits,
): DecodeOutcome | undefined {
  return count > limits.recordsMax
    ? { ok: false, error: tooManyRecords(count, words, limits) }
    : undefined;
}
