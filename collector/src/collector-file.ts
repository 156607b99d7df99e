// How a subcommand finds the collector that owns a data directory: `<data-dir>/collector.json`.
// Invariant: the file is there while a collector runs. After a crash it may be stale, so its reader asks the
// address before it believes the file.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const collectorFileSchema = z.object({ http: z.url(), pid: z.int() });

/** `http` is an address that this machine can connect to, such as `http://127.0.0.1:4318`. */
export type CollectorFile = z.infer<typeof collectorFileSchema>;

const pathIn = (dataDir: string): string => join(dataDir, 'collector.json');

export async function writeCollectorFile(dataDir: string, file: CollectorFile): Promise<void> {
  const temporary = `${pathIn(dataDir)}.tmp`;
  await writeFile(temporary, `${JSON.stringify(file)}\n`, { mode: 0o600 });
  await rename(temporary, pathIn(dataDir));
}

/** The file of a data directory; undefined where there is none, or none that can be read as one. */
export async function readCollectorFile(dataDir: string): Promise<CollectorFile | undefined> {
  try {
    const json: unknown = JSON.parse(await readFile(pathIn(dataDir), 'utf8'));
    return collectorFileSchema.safeParse(json).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function removeCollectorFile(dataDir: string): Promise<void> {
  await rm(pathIn(dataDir), { force: true });
}

/** The address to connect to for one that is listened on: "all interfaces" is reached through loopback. */
export function connectableUrl(
  { host, port }: { host: string; port: number },
  scheme: 'http' | 'https' = 'http',
): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
