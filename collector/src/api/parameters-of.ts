// The query string of a request.
import type { Request } from 'express';

/** Express's own parser turns repeated names into arrays and bracketed ones into objects. */
export function parametersOf(request: Request): URLSearchParams {
  const start = request.originalUrl.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : request.originalUrl.slice(start + 1));
}
