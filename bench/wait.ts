/** Waiting in benchmarks. */

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Asks every `everyMs` until the answer is good. @throws Error after `limitMs` */
export async function until(
  what: string,
  isGood: () => boolean | Promise<boolean>,
  { everyMs = 200, limitMs = 600_000 } = {},
): Promise<void> {
  const startedMs = performance.now();
  while (!(await isGood())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`waited in vain until ${what}`);
    await sleep(everyMs);
  }
}
