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

/** A signal that fires after the time, or with the other. */
export function withTimeout(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
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
