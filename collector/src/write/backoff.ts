/** How long the writer waits before it tries again. */
import type { Failure } from './judge-failure.ts';

const BACKOFF_MIN_MS = 200;
const BACKOFF_MAX_MS = 30_000;
/** Asking again whether somebody is there costs nothing, and a queue waits. */
const BACKOFF_AWAY_MAX_MS = 5_000;

/** Doubles up to 30 s, with full jitter above half, so that many collectors do not come back together. */
export function backoffMs(attempt: number, random: number, verdict?: Failure['verdict']): number {
  const longestMs = verdict === 'no_answer' ? BACKOFF_AWAY_MAX_MS : BACKOFF_MAX_MS;
  const ceiling = Math.min(longestMs, BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.5 + random / 2));
}
