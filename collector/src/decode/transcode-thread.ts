/** The thread of json-thread.ts: one body after another. */
import { parentPort } from 'node:worker_threads';
import { DecodeError } from './decode-error.ts';
import { transcodeJson } from './decode-json.ts';
import type { ThreadAnswer, ThreadJob } from './json-thread.ts';

parentPort?.on('message', ({ id, bytes, root, depthMax }: ThreadJob) => {
  let answer: ThreadAnswer;
  try {
    const { written, recordCount } = transcodeJson(bytes, root, depthMax);
    answer = { id, written, recordCount };
  } catch (error) {
    // Anything else is a fault of ours: it ends this thread, and those who wait are told.
    if (!(error instanceof DecodeError)) throw error;
    answer = { id, error: { code: error.code, path: error.path, text: error.text } };
  }
  parentPort?.postMessage(
    answer,
    'written' in answer ? [answer.written.buffer as ArrayBuffer] : [],
  );
});
