/** A worker thread: is told from which number to which, and posts the bodies of its seed. */
import { parentPort, workerData } from 'node:worker_threads';
import { Bodies, type Body } from './bodies.ts';
import { readPayloads } from './payloads.ts';

export interface BodyRange {
  readonly from: number;
  /** The first that is not of it. */
  readonly to: number;
}

const bodies = new Bodies(workerData as number, readPayloads());

/** With memory of its own: a small buffer is a window on one that many share, and all of that would be copied. */
function alone(body: Body) {
  return { ...body, bytes: new Uint8Array(body.bytes) };
}

parentPort!.on('message', ({ from, to }: BodyRange) => {
  const made = Array.from({ length: to - from }, (_, i) => alone(bodies.at(from + i)));
  parentPort!.postMessage(
    made,
    made.map(({ bytes }) => bytes.buffer),
  );
});
