/** Nothing was kept for sure: the sender should resend. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
}

/** Tells those who wait for a flush what became of it; `error` is undefined when all is durable. */
export function answer(waiters: readonly PromiseWithResolvers<void>[], error: unknown): void {
  for (const waiter of waiters) {
    if (error === undefined) {
      waiter.resolve();
    } else {
      waiter.reject(unavailable(error));
    }
  }
}

export function unavailable(error: unknown): JournalUnavailable {
  const message = error instanceof Error ? error.message : String(error);
  return new JournalUnavailable(`the journal could not be written: ${message}`);
}
