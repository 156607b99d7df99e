/**
 * The day's use in the data directory, so that a restart does not give every tenant its quota again: written once a
 * second while there is something new, and at the end. A process that is killed forgets the last second of counting,
 * never a span. The file is replaced by a rename, so it is whole or the one before when the process dies; when the
 * machine does, it may be damaged, and counting begins again, which the log tells.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { DailyUse, UseByDay } from './daily-use.ts';

const FORMAT = 1;
const WRITE_EACH_MS = 1_000;

const countSchema = z.number().nonnegative();
const fileSchema = z.object({
  format: z.literal(FORMAT),
  days: z.record(
    z.string().regex(/^\d+$/),
    z.record(z.string(), z.object({ spans: countSchema, bytes: countSchema })),
  ),
});

/**
 * What was counted before; nothing where there is no file.
 * @param onUnreadable told why the file could not be used; counting then begins again
 */
export async function readUseFile(
  path: string,
  onUnreadable: (error: unknown) => void,
): Promise<UseByDay> {
  try {
    const { days } = fileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return new Map(
      Object.entries(days).map(([day, tenants]) => [Number(day), new Map(Object.entries(tenants))]),
    );
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) onUnreadable(error);
    return new Map();
  }
}

async function writeUseFile(path: string, use: UseByDay): Promise<void> {
  const days = Object.fromEntries(
    [...use].map(([day, tenants]) => [String(day), Object.fromEntries(tenants)]),
  );
  const temporary = `${path}.tmp`;
  await writeFile(temporary, `${JSON.stringify({ format: FORMAT, days })}\n`, { mode: 0o600 });
  await rename(temporary, path);
}

export interface UseWriter {
  /** Writes what is new, and writes no more. */
  stop(): Promise<void>;
}

/** @param onFailed told when the file could not be written; the next second tries again */
export function startUseWriter(
  path: string,
  use: DailyUse,
  onFailed: (error: unknown) => void,
): UseWriter {
  let written = use.changes;
  let running = Promise.resolve();
  const writeNew = async (): Promise<void> => {
    const { changes } = use;
    if (changes === written) return;
    try {
      await writeUseFile(path, use.byDay);
      written = changes;
    } catch (error) {
      onFailed(error);
    }
  };
  const timer = setInterval(() => {
    running = running.then(writeNew);
  }, WRITE_EACH_MS).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
      await writeNew();
    },
  };
}
