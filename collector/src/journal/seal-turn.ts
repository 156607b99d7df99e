/** Passes that seal: one at a time, and none while somebody looks at the folders. */
export class SealTurn {
  private underWay: Promise<void> | undefined;

  /** Resolves when the pass under way is over, or the work that keeps passes from running. */
  get over(): Promise<void> {
    return this.underWay ?? Promise.resolve();
  }

  /** Runs a pass; whoever asks during one, or while none may run, waits for that instead. */
  run(pass: () => Promise<void>): Promise<void> {
    this.underWay ??= pass().finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  /**
   * Runs work while nothing is sealed or split: whatever lies in a folder of open/ or sealed/ stays there. Rows are
   * taken all the same, and flushed.
   */
  async still<T>(work: () => Promise<T>): Promise<T> {
    while (this.underWay !== undefined) await this.underWay;
    const done = work();
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    void this.run(() => settled);
    return done;
  }
}
