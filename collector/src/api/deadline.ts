// Bounds how long a request may take, and tells its work to stop when nobody waits for it any more.
import type { RequestHandler, Response } from 'express';
import { Problem } from '../problems.ts';

/**
 * Answers 504 when a request takes longer than `timeoutMs`. The signal of `requestSignal` fires then, and also
 * when the client goes away, so that a query does not run on for nobody.
 */
export function deadline(timeoutMs: number): RequestHandler {
  return (_request, response, next) => {
    const stop = new AbortController();
    response.locals['signal'] = stop.signal;
    const timer = setTimeout(() => {
      const problem = new Problem('deadline_exceeded');
      stop.abort(problem);
      if (!response.headersSent) next(problem);
      else response.destroy();
    }, timeoutMs);
    response.locals['liftDeadline'] = () => clearTimeout(timer);
    response.on('close', () => {
      clearTimeout(timer);
      if (!response.writableFinished) stop.abort(new Error('the client went away'));
    });
    next();
  };
}

/** Fires when the answer is not wanted any more; never, for a request without a deadline. */
export function requestSignal(response: Response): AbortSignal {
  const signal: unknown = response.locals['signal'];
  return signal instanceof AbortSignal ? signal : AbortSignal.any([]);
}

/** For work that shows its progress as it goes: from now on only its client going away ends it. */
export function liftDeadline(response: Response): void {
  const lift: unknown = response.locals['liftDeadline'];
  if (typeof lift === 'function') {
    lift();
  }
}
