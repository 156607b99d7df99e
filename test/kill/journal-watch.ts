/**
 * Looks at the journal's folders from outside, to strike while a segment is sealed, split or written, and to tell
 * what is left there at the end.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 4;

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

async function bytesOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      return 0;
    }
    throw error;
  }
}

/** Bytes of the largest segment in `open` or `sealed`; 0 when none is there. */
export async function largestSegmentBytes(
  dataDir: string,
  folder: 'open' | 'sealed',
): Promise<number> {
  const path = join(dataDir, 'journal', folder);
  const names = await listFolder(path);
  const sizes = await Promise.all(names.map((name) => bytesOf(join(path, name, 'rows.native'))));
  return Math.max(0, ...sizes);
}

export async function isSplitting(dataDir: string): Promise<boolean> {
  return (await listFolder(join(dataDir, 'journal', 'split'))).length > 0;
}

/** Looks until `look` says yes or the time is over; returns the last answer. */
export async function watchFor(look: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    if (await look()) {
      return true;
    }
    await sleep(LOOK_EVERY_MS);
  }
  return look();
}

async function isEmptySegment(dataDir: string, name: string): Promise<boolean> {
  const path = join(dataDir, 'journal', 'open', name);
  return (await bytesOf(join(path, 'index'))) + (await bytesOf(join(path, 'rows.native'))) === 0;
}

/** Everything in the journal that a drained one must not hold. */
export async function journalLeftovers(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  // One lies ready for the next segment while the collector runs.
  let spares = 0;
  for (const name of await listFolder(join(dataDir, 'journal', 'open'))) {
    const isEmpty = await isEmptySegment(dataDir, name);
    if (isEmpty) spares++;
    if (!isEmpty || spares > 1) found.push(`journal/open/${name}`);
  }
  for (const folder of ['split', 'sealed', 'poison', 'damaged']) {
    const names = await listFolder(join(dataDir, 'journal', folder));
    found.push(...names.map((name) => `journal/${folder}/${name}`));
  }
  const done = join(dataDir, 'journal', 'done');
  for (const name of await listFolder(done)) {
    const files = await listFolder(join(done, name));
    const others = files.filter((file) => file !== 'index');
    found.push(...others.map((file) => `journal/done/${name}/${file}`));
  }
  return found;
}
