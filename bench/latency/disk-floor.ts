/** What the disk alone takes for what a request brings: the floor below which no acknowledgement can come. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from '../sender/sending.ts';
import { sleep } from '../wait.ts';

/** The rows of a request of 512 calls. */
const BYTES = 450_000;
const TIMES = 200;
const PAUSE_MS = 20;

/** Milliseconds of an append and its fdatasync in this directory, while nothing else goes on: ascending. */
export async function diskFloorMs(directory: string): Promise<readonly number[]> {
  const path = join(directory, 'disk-floor');
  const file = await open(path, 'w');
  const tookMs: number[] = [];
  try {
    const bytes = Buffer.alloc(BYTES, 1);
    for (let n = 0; n < TIMES; n++) {
      const startedMs = performance.now();
      await file.appendFile(bytes);
      await file.datasync();
      tookMs.push(performance.now() - startedMs);
      await sleep(PAUSE_MS);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  return tookMs.sort((a, b) => a - b);
}

export const floorFigures = (ms: readonly number[]) => [
  { name: 'the disk alone: append and fdatasync, median', value: quantile(ms, 0.5), unit: 'ms' },
  { name: 'the disk alone: append and fdatasync, p99', value: quantile(ms, 0.99), unit: 'ms' },
];
