/** What goes with a call to the store, and how the driver is told of it. */
import type { StoreSettings } from './store-settings.ts';

/** What goes with a call. */
export interface CallOptions {
  readonly queryId?: string;
  readonly timeoutMs?: number;
  readonly settings?: StoreSettings;
  readonly signal?: AbortSignal;
}

/** Values of `{name:Type}` in a statement. */
export type StoreParams = Readonly<Record<string, unknown>>;

/** No call may be given more: the driver cuts off connections that were silent for a little longer. */
export const CALL_MS_MAX = 24 * 3_600_000;

/** A signal that fires after the time, or with the other. @throws RangeError for more than CALL_MS_MAX */
export function withTimeout(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  if (timeoutMs > CALL_MS_MAX) {
    throw new RangeError(`timeoutMs is ${timeoutMs}; expected at most ${CALL_MS_MAX}`);
  }
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

/** What of a call the driver takes with every statement. */
export function common(params: StoreParams | undefined, options: CallOptions, signal: AbortSignal) {
  return {
    abort_signal: signal,
    ...(params === undefined ? {} : { query_params: { ...params } }),
    ...(options.queryId === undefined ? {} : { query_id: options.queryId }),
  };
}
