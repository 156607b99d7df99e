/**
 * Long work over HTTP: its progress as NDJSON, one object a line, and as the last line what came of it. A client that
 * saw no last line with `done` or `problem` knows that the work was cut off.
 */
import type { Response } from 'express';
import type { Logger } from '../log.ts';
import { requestIdOf } from '../request-id.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { toProblem } from '../to-problem.ts';
import { liftDeadline, requestSignal } from './deadline.ts';

export interface LongWork {
  /**
   * Does the work and calls `show` with each progress; resolves with the fields of the last line. `signal` fires
   * when the client went away.
   */
  run: (show: (progress: object) => void, signal: AbortSignal) => Promise<object>;
  log: Logger;
  /** The system's, if not given. */
  timers?: Pick<Timers, 'every'>;
}

/** Clients give an answer up that is silent for long: Node's fetch after 300 s, proxies often after 60 s. */
const SILENT_MS_MAX = 15_000;

/**
 * Answers with the work's progress, and with an empty one every now and then. Errors that come after the first line
 * stand in the last one.
 */
export async function answerLongWork(
  response: Response,
  { run, log, timers = systemTimers }: LongWork,
): Promise<void> {
  liftDeadline(response);
  response.status(200).set('content-type', 'application/x-ndjson').flushHeaders();
  const line = (value: object) => void response.write(`${JSON.stringify(value)}\n`);
  const stopSigns = timers.every(SILENT_MS_MAX, () => line({ progress: {} }));
  try {
    const result = await run((progress) => line({ progress }), requestSignal(response));
    line({ done: true, ...result });
  } catch (error) {
    const problem = toProblem(error);
    log.error({ err: error, request_id: requestIdOf(response) }, 'long work failed');
    line({
      problem: { code: problem.code, detail: problem.message, request_id: requestIdOf(response) },
    });
  } finally {
    stopSigns();
  }
  response.end();
}
