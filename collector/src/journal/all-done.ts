/**
 * Calls of the disk that go on beside each other. Invariant: it ends when all of them have, either way, so that nothing
 * is taken back or removed while one of them still writes.
 */
export async function allDone(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(calls)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
