// `POST /v1/traces`, `/v1/logs`, `/v1/metrics`: OTLP/HTTP (OTLP 1.11). Method, key, content type, then the body, in
// this order, so that nobody without a key makes us read or decompress anything.
// Invariant: every answer, errors included, is in the encoding of the request; 5xx other than a fault of ours
// is retryable, and data that is wrong is never 5xx.
import type { Request, RequestHandler, Response } from 'express';
import type { Authenticate, TenantId } from '../access.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { Problem, toProblem } from '../problems.ts';
import { requestIdOf } from '../request-id.ts';
import { type BodyLimits, ClientGone, readBody } from './body.ts';
import { discardRest } from './discard.ts';
import type { HeldBytes } from './held-bytes.ts';
import {
  createAnswerOtlpProblem,
  type EncodeStatus,
  encodingOf,
  type OtlpEncoding,
  sendOtlp,
} from './otlp-problem.ts';

/** OTLP's signals, as their paths name them. */
export type Signal = 'traces' | 'logs' | 'metrics';

/** What became of an accepted request: records that were refused, and a message (or '') for the sender. */
export interface AcceptOutcome {
  readonly rejected: number;
  readonly message: string;
}

/**
 * Takes the records of one request; resolves when those that are kept are durable.
 * `bytes` belong to the callee until the promise settles. An empty body is an empty request.
 * @throws Problem `badRequest(…)` for bytes that are no OTLP, `unavailable(…)` where a resend may succeed
 */
export type AcceptRequest = (
  tenant: TenantId,
  bytes: Uint8Array,
  encoding: OtlpEncoding,
) => Promise<AcceptOutcome>;

/** The encoders of decode/otlp-response.ts. */
export interface OtlpResponses {
  readonly encodeStatus: EncodeStatus;
  encodeExportResponse(
    outcome: AcceptOutcome & { readonly signal: Signal },
    encoding: OtlpEncoding,
  ): Uint8Array | string;
}

export interface SignalRouteDeps {
  readonly signal: Signal;
  readonly authenticate: Authenticate;
  readonly accept: AcceptRequest;
  readonly responses: OtlpResponses;
  readonly limits: BodyLimits;
  /** The one account of what the requests of all signals hold; above its limit a request is answered with 503. */
  readonly held: HeldBytes;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Partial-success messages are for people; a request of many bad records must not grow its answer with them. */
const MESSAGE_CHARS_MAX = 4_096;

/** Makes the route; mount it with `app.all('/v1/<signal>', …)`, ahead of any body parser. */
export function createSignalRoute(deps: SignalRouteDeps): RequestHandler {
  const { signal } = deps;
  return async (request, response) => {
    try {
      const { rejected, message, encoding } = await receive(request, deps);
      const outcome = { signal, rejected, message: message.slice(0, MESSAGE_CHARS_MAX) };
      sendOtlp(response, 200, encoding, deps.responses.encodeExportResponse(outcome, encoding));
    } catch (error) {
      refuse(deps, error, request, response);
    }
  };
}

async function receive(request: Request, deps: SignalRouteDeps) {
  const { signal, held } = deps;
  if (request.method !== 'POST') {
    const detail = `${request.method} is not a method of ${request.path}; expected POST.`;
    throw new Problem('method_not_allowed', detail, { headers: { allow: 'POST' } });
  }
  const principal = deps.authenticate(request.headers, ['ingest']);
  const encoding = encodingOf(request);
  if (encoding === undefined) throw unsupportedContentType(request);
  const body = await readBody(request, deps.limits, held);
  try {
    const outcome = await deps.accept(principal.tenant, body.bytes, encoding);
    const { metrics } = deps;
    metrics.aicost_otlp_bytes_total.inc({ signal, form: 'wire' }, body.wireBytes);
    metrics.aicost_otlp_bytes_total.inc({ signal, form: 'plain' }, body.bytes.length);
    return { ...outcome, encoding };
  } finally {
    held.giveBack(body.bytes.length);
  }
}

function unsupportedContentType(request: Request): Problem {
  const given = JSON.stringify((request.headers['content-type'] ?? '').slice(0, 128));
  return new Problem(
    'content_type_unsupported',
    `content-type is ${given}; expected application/x-protobuf or application/json.`,
    { headers: { accept: 'application/x-protobuf, application/json' } },
  );
}

function refuse(deps: SignalRouteDeps, error: unknown, request: Request, response: Response): void {
  if (error instanceof ClientGone) {
    response.destroy();
    return;
  }
  const problem = toProblem(error);
  deps.metrics.aicost_otlp_requests_refused_total.inc({ signal: deps.signal, code: problem.code });
  if (problem.code === 'internal') {
    deps.log.error({ err: error, request_id: requestIdOf(response) }, 'an OTLP request failed');
  }
  createAnswerOtlpProblem(deps.responses.encodeStatus)(request, response, problem);
  discardRest(request, deps.limits);
}
