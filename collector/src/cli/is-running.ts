/** Whether a subcommand finds a collector on its data directory, or has to open that itself. */
import { readCollectorFile } from '../collector-file.ts';

const ALIVE_TIMEOUT_MS = 5_000;

/** Whether a collector answers where the directory says; a file that a crash left behind proves nothing. */
export async function isRunning(dataDir: string): Promise<boolean> {
  const file = await readCollectorFile(dataDir);
  if (file === undefined) return false;
  try {
    const signal = AbortSignal.timeout(ALIVE_TIMEOUT_MS);
    return (await fetch(`${file.http}/healthz`, { signal })).ok;
  } catch {
    // If it is alive all the same, it holds the directory, and opening that says so.
    return false;
  }
}
