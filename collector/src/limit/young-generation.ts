/**
 * V8 lets its space for young objects grow to 128 MB, and gives none of it back. Here that costs twice: it is a quarter
 * of what the process may take, and bodies of requests, whose bytes are no part of that space, are not collected
 * before it is full. Measured (docs/decisions/0013-memory-is-used-again.md): 100 MB less, and a fifth of the CPU.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of the memory that the process may take: 16 of 512 MB. */
const YOUNG_SHARE = 1 / 32;

/** How V8 grows it by itself, and not at all. */
const GROWTH = { free: 2, none: 1 } as const;

/**
 * Lets the space grow until it has its share. The largest can be set only before the start; growth at any time. V8
 * shrinks the space while little happens: then it may grow again, or short collections come twenty times as often, and
 * each makes old what a request still needs.
 */
export function boundYoungGeneration(memoryMax: number): void {
  let growth: number = GROWTH.free;
  const observer = new PerformanceObserver(() => {
    const wanted = youngBytes() < memoryMax * YOUNG_SHARE ? GROWTH.free : GROWTH.none;
    if (wanted === growth) return;
    growth = wanted;
    setFlagsFromString(`--semi-space-growth-factor=${wanted}`);
  });
  // It grows at the end of a collection.
  observer.observe({ entryTypes: ['gc'] });
}

function youngBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return space?.space_size ?? 0;
}
