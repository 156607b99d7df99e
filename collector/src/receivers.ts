/** The OTLP receivers of both transports, on one middle and one account of what they hold. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { AcceptSignals } from './accept-signals.ts';
import type { Authenticate } from './access.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Config } from './config.ts';
import { encodeExportResponse, encodeStatus } from './decode/otlp-response.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { OpenLimits } from './open-limits.ts';
import type { OwnTraces } from './own-traces.ts';
import { createGrpcCalls } from './receive/grpc-call.ts';
import { createSignalRoute } from './receive/signal-route.ts';
import { createTakeRequest, type Signal } from './receive/take-request.ts';

export interface ReceiverParts {
  readonly config: Config;
  readonly limits: OpenLimits;
  readonly accept: AcceptSignals;
  readonly buffers: BufferPool;
  readonly authenticate: Authenticate;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly ownTraces: OwnTraces;
}

export interface Receivers {
  /** OTLP/HTTP: the route of each signal, by its name. */
  readonly signalRoutes: Readonly<Record<Signal, RequestHandler>>;
  /** OTLP/gRPC: takes the streams of an HTTP/2 server. */
  readonly grpcCalls: ReturnType<typeof createGrpcCalls>;
}

/** Makes the receivers; nothing listens yet. */
export function createReceivers(parts: ReceiverParts): Receivers {
  const { config, log } = parts;
  const { admission } = parts.limits;
  const limits = { bytesMax: config.requestBytesMax, timeoutMs: config.requestTimeoutMs };
  const responses = { encodeStatus, encodeExportResponse };
  const take = createTakeRequest({ ...parts, admission });
  const routeOf = (signal: Signal) => createSignalRoute({ signal, take, responses, limits });
  return {
    signalRoutes: {
      traces: routeOf('traces'),
      logs: routeOf('logs'),
      metrics: routeOf('metrics'),
    },
    grpcCalls: createGrpcCalls({ take, responses, limits, log, newRequestId: randomUUID }),
  };
}
