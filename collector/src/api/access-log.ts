// One log line and two metrics for each answered request.
import type { Request, RequestHandler } from 'express';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { requestIdOf } from '../request-id.ts';

/** What is asked every few seconds for ever is logged at debug level only. */
const FREQUENT = /^\/(v1\/|healthz|readyz|metrics)/;

/** The pattern of the route, never the path: paths hold ids, and a label must have few values. */
function routeOf(request: Request): string {
  const path: unknown = request.route?.path;
  return typeof path === 'string' ? path : 'none';
}

/** @param nowMs a monotonic clock */
export function accessLog(log: Logger, metrics: Metrics, nowMs: () => number): RequestHandler {
  return (request, response, next) => {
    const startedMs = nowMs();
    const path = request.path;
    response.on('close', () => {
      const seconds = (nowMs() - startedMs) / 1000;
      const route = routeOf(request);
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      metrics.aicost_http_requests_total.inc({ route, method: request.method, status });
      metrics.aicost_http_request_seconds.observe({ route }, seconds);
      const level = FREQUENT.test(path) && response.statusCode < 500 ? 'debug' : 'info';
      log[level](
        { request_id: requestIdOf(response), method: request.method, path, status, seconds },
        'request',
      );
    });
    next();
  };
}
