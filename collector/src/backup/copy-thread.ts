/** The thread of copy-in-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { copyFiles } from './copy-files.ts';
import type { CopyJob, CopyMessage } from './copy-in-thread.ts';

const { to, files } = workerData as CopyJob;
const tell = (message: CopyMessage): void => parentPort?.postMessage(message);

tell({ copied: await copyFiles(to, files, (progress) => tell({ progress })) });
