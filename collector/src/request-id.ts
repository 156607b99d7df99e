// The id that joins an answer to the log lines about it. A sane inbound `x-request-id` is kept, so that the
// id of a proxy or client goes through; anything else is replaced, as it would be copied into logs and headers.
import type { RequestHandler, Response } from 'express';

const SANE = /^[A-Za-z0-9._:+/=-]{1,128}$/;

/** Gives each request an id, before anything else runs, and puts it on the answer. */
export function requestIds(newId: () => string): RequestHandler {
  return (request, response, next) => {
    const id = saneRequestId(request.get('x-request-id')) ?? newId();
    response.locals['requestId'] = id;
    response.set('x-request-id', id);
    next();
  };
}

/** An inbound id that may be kept; undefined for any other. */
export function saneRequestId(given: string | string[] | undefined): string | undefined {
  return typeof given === 'string' && SANE.test(given) ? given : undefined;
}

/** The id of the request that this answers; empty where `requestIds` did not run. */
export function requestIdOf(response: Response): string {
  const id: unknown = response.locals['requestId'];
  return typeof id === 'string' ? id : '';
}
