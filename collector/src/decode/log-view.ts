/**
 * The one log record the decoder shows to its sink, filled again for each: as `SpanView` is, ranges of the request's
 * bytes and numbers. Nothing of it may be kept after `LogSink.log` returns: copy.
 */

import { AttributeList } from './attribute-list.ts';
import { RecordView, unsigned64 } from './record-view.ts';

/** Takes the log records of one request, in wire order, and only of a request that is well-formed. */
export interface LogSink {
  log(view: LogView): void;
}

export class LogView extends RecordView {
  /** The record's own bytes. */
  bytesStart = 0;
  bytesEnd = 0;
  timeLo = 0;
  timeHi = 0;
  observedTimeLo = 0;
  observedTimeHi = 0;
  /** `SeverityNumber` as an open enum. */
  severityNumber = 0;
  severityTextStart = 0;
  severityTextEnd = 0;
  /** The body's `AnyValue` message, as one attribute without a key; none when the record has no body. */
  readonly body = new AttributeList(1);
  bodyStart = 0;
  bodyEnd = 0;
  /** Ids as sent, empty where the record was made outside a span; their lengths are not checked. */
  traceIdStart = 0;
  traceIdEnd = 0;
  spanIdStart = 0;
  spanIdEnd = 0;
  eventNameStart = 0;
  eventNameEnd = 0;
  flags = 0;
  droppedAttributesCount = 0;

  override bind(bytes: Buffer, data: DataView): void {
    super.bind(bytes, data);
    this.body.bind(bytes, data);
  }

  get timeUnixNano(): bigint {
    return unsigned64(this.timeLo, this.timeHi);
  }

  get observedTimeUnixNano(): bigint {
    return unsigned64(this.observedTimeLo, this.observedTimeHi);
  }
}
