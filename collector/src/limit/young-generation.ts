/**
 * V8 lets its space for young objects grow to 128 MB, and gives none of it back. Here that costs twice: it is a quarter
 * of what the process may take, and bodies of requests, whose bytes are no part of that space, are not collected
 * before it is full. Measured (docs/decisions/0013-memory-is-used-again.md): 100 MB less, and a fifth of the CPU.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of the memory that the process may take: 16 of 512 MB. */
const YOUNG_SHARE = 1 / 32;

/** Lets the space grow until it has its share. The largest can be set only before the start; growth at any time. */
export function boundYoungGeneration(memoryMax: number): void {
  const observer = new PerformanceObserver(() => {
    if (youngBytes() < memoryMax * YOUNG_SHARE) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  // It grows at the end of a collection.
  observer.observe({ entryTypes: ['gc'] });
}

function youngBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return space?.space_size ?? 0;
}
