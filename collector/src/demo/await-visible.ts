/** Waits until the calls of a run stand in the answers of the API, and tells what is missing when they do not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DemoError } from './demo-error.ts';

const countSchema = z.union([z.number(), z.string()]).transform(Number);
const callsSchema = z.object({ totals: z.object({ calls: countSchema }) });

export interface AwaitedCalls {
  /** A path of the API whose totals hold the run's calls and no others. */
  readonly path: string;
  readonly calls: number;
  readonly timeoutMs: number;
}

const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 1_000;

/** @throws DemoError when other than the awaited calls are there in the end */
export async function awaitVisible(
  ask: (path: string) => Promise<unknown>,
  { path, calls, timeoutMs }: AwaitedCalls,
): Promise<void> {
  let waitedMs = 0;
  let waitMs = FIRST_WAIT_MS;
  for (;;) {
    const seen = callsSchema.parse(await ask(path)).totals.calls;
    if (seen === calls) return;
    if (waitedMs >= timeoutMs) throw new DemoError(describe(seen, calls, timeoutMs));
    await sleep(waitMs);
    waitedMs += waitMs;
    waitMs = Math.min(waitMs * 1.5, WAIT_MS_MAX);
  }
}

function describe(seen: number, calls: number, timeoutMs: number): string {
  const what = `${seen} of the ${calls} calls that were sent and acknowledged are visible after ${timeoutMs / 1_000} s`;
  return `${what}. They are safe in the collector's journal; aicost doctor shows which part is behind.`;
}
