/**
 * Calls that log events tell. A log event repeats, more often than not, what a span of the same session tells: it is
 * kept with its usage and waits for settle, which sees both. In `spans` its dialect ends in `_log`.
 */
import type { Call } from './call.ts';

const SUFFIX = '_log';

/** Reasons for a call without usage that say no more than that the record tells none. */
const TELLS_NOTHING: ReadonlySet<string> = new Set(['', 'not_reported', 'error']);

/**
 * The call of a log event as it is kept until settle decides, or undefined when the event tells no usage: no tokens, no
 * amount, and no counts that contradict themselves (those are shown as unpriced). Emitters write events of the same
 * name for a request that was only begun, or that failed.
 */
export function logCallOf(call: Call | undefined): Call | undefined {
  if (call?.role !== 'leaf') {
    return undefined;
  }
  const { usage, reportedAtto, missingUsageReason } = call;
  const tellsUsage =
    usage !== undefined || reportedAtto !== undefined || !TELLS_NOTHING.has(missingUsageReason);
  return tellsUsage
    ? {
        ...call,
        dialect: call.dialect + SUFFIX,
        role: 'unknown',
        roleReason: 'log event waits for settle',
      }
    : undefined;
}

/** Whether the call was told by a log event. */
export function isLogCall({ dialect }: Pick<Call, 'dialect'>): boolean {
  return dialect.endsWith(SUFFIX);
}
