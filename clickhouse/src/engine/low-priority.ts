/**
 * The engine gives way to the collector: what it does can wait for a moment, while somebody waits for every
 * acknowledgement. Both together still use all there is (docs/decisions/0015-acknowledgements-come-first.md).
 */
import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

const LOW = constants.priority.PRIORITY_BELOW_NORMAL;
/** Linux has a priority for each thread; one that begins later has that of the thread that began it. */
const OWN_THREADS = '/proc/self/task';

/** For every thread of this process. Call it before the engine is opened, which begins many. */
export function lowerPriority(): void {
  for (const thread of process.platform === 'linux' ? threadIds() : [process.pid]) lower(thread);
}

/** Whether the thread has a low priority now. Where that is not allowed it works with the usual one too. */
function lower(thread: number): boolean {
  try {
    // Whoever started us with a lower one meant it, and a raise would be refused.
    if (getPriority(thread) < LOW) setPriority(thread, LOW);
    return true;
  } catch {
    return false;
  }
}

function threadIds(): readonly number[] {
  try {
    return readdirSync(OWN_THREADS).map(Number);
  } catch {
    return [process.pid];
  }
}
