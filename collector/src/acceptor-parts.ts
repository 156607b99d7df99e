/** What the acceptors of traces and logs stand on. */
import type { JsonThread } from './decode/json-thread.ts';
import type { SpanKeeper } from './keep-spans.ts';
import type { Metrics } from './metrics.ts';

export interface AcceptorParts {
  readonly keeper: SpanKeeper;
  readonly metrics: Metrics;
  readonly json: JsonThread;
}
