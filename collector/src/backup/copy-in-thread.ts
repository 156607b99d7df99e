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

/** As copyFiles. */
export function copyInThread(
  job: CopyJob,
  onProgress: (progress: CopyProgress) => void,
): Promise<ManifestFile[]> {
  const { promise, resolve, reject } = Promise.withResolvers<ManifestFile[]>();
  const worker = new Worker(new URL('./copy-thread.ts', import.meta.url), { workerData: job });
  worker.on('message', (message: CopyMessage) => {
    if ('copied' in message) resolve(message.copied);
    else onProgress(message.progress);
  });
  worker.on('error', reject);
  // After an answer that is nothing any more.
  worker.on('exit', (code) => reject(new Error(`the thread that copies ended with ${code}`)));
  return promise;
}
