/**
 * Copies in a thread of its own: a digest of gigabytes would hold up acknowledgements. The thread ends with its copy.
 */
import { Worker } from 'node:worker_threads';
import type { CopyProgress, FileToCopy } from './copy-files.ts';
import type { ManifestFile } from './manifest.ts';

export interface CopyJob {
  readonly to: string;
  readonly files: readonly FileToCopy[];
}

/** What the thread tells; the last one has `copied`. */
export type CopyMessage = { readonly progress: CopyProgress } | { readonly copied: ManifestFile[] };

/** As copyFiles; rejects with the reason of the signal once it fires and nothing is copied any more. */
export async function copyInThread(
  job: CopyJob,
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<ManifestFile[]> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<ManifestFile[]>();
  const worker = new Worker(new URL('./copy-thread.ts', import.meta.url), { workerData: job });
  worker.on('message', (message: CopyMessage) => {
    if ('copied' in message) resolve(message.copied);
    else onProgress(message.progress);
  });
  worker.on('error', reject);
  // After an answer that is nothing any more.
  worker.on('exit', (code) => {
    const ended = new Error(`the thread that copies ended with ${code}`);
    reject(signal.aborted ? signal.reason : ended);
  });
  const end = () => void worker.terminate();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
