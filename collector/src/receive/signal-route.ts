// `POST /v1/traces`, `/v1/logs`, `/v1/metrics`: OTLP/HTTP (OTLP 1.11). What is particular to HTTP stands here; what a
// request goes through on every transport is take-request.ts.
// Invariant: every answer, errors included, is in the encoding of the request.
import type { Request, RequestHandler } from 'express';
import { Problem } from '../problems.ts';
import { requestIdOf } from '../request-id.ts';
import { type BodyLimits, type BodySource, readBody } from './body.ts';
import { isPlain } from './codings.ts';
import { discardRest } from './discard.ts';
import { openCoded } from './intake.ts';
import {
  createAnswerOtlpProblem,
  type EncodeStatus,
  encodingOf,
  type OtlpEncoding,
  sendOtlp,
} from './otlp-problem.ts';
import type { AcceptOutcome, Signal, TakeRequest } from './take-request.ts';

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
  readonly take: TakeRequest;
  readonly responses: OtlpResponses;
  readonly limits: BodyLimits;
}

/** Makes the route; mount it with `app.all('/v1/<signal>', …)`, ahead of any body parser. */
export function createSignalRoute(deps: SignalRouteDeps): RequestHandler {
  const { signal, take, responses, limits } = deps;
  const answerProblem = createAnswerOtlpProblem(responses.encodeStatus);
  return async (request, response) => {
    if (request.method !== 'POST') {
      answerProblem(request, response, methodNotAllowed(request));
      discardRest(request, limits);
      return;
    }
    const result = await take({
      signal,
      transport: 'http',
      headers: request.headers,
      declaredBytes: declaredBytes(request),
      requestId: requestIdOf(response),
      encoding: () => encodingOf(request) ?? refuseContentType(request),
      readBody: (place) => {
        // A client that asked whether to send its body at all is told only now.
        if (request.headers.expect !== undefined) response.writeContinue();
        return readBody(bodyOf(request), limits, place);
      },
    });
    if (result.kind === 'accepted') {
      const { encoding, outcome } = result;
      const body = responses.encodeExportResponse({ signal, ...outcome }, encoding);
      sendOtlp(response, 200, encoding, body);
    } else if (result.kind === 'refused') {
      answerProblem(request, response, result.problem);
      discardRest(request, limits);
    } else {
      response.destroy();
    }
  };
}

function declaredBytes(request: Request): number | undefined {
  const declared = request.headers['content-length'];
  return declared === undefined ? undefined : Number(declared);
}

function bodyOf(request: Request): BodySource {
  const coding = request.headers['content-encoding'] ?? '';
  const declared = declaredBytes(request);
  return {
    stream: request,
    declaredBytes: declared,
    plainBytes: isPlain(coding) ? declared : undefined,
    framingBytes: 0,
    openIntake: (flow) => openCoded(coding, flow),
    isWhole: () => request.complete,
  };
}

function methodNotAllowed(request: Request): Problem {
  const detail = `${request.method} is not a method of ${request.path}; expected POST.`;
  return new Problem('method_not_allowed', detail, { headers: { allow: 'POST' } });
}

function refuseContentType(request: Request): never {
  const given = JSON.stringify((request.headers['content-type'] ?? '').slice(0, 128));
  throw new Problem(
    'content_type_unsupported',
    `content-type is ${given}; expected application/x-protobuf or application/json.`,
    { headers: { accept: 'application/x-protobuf, application/json' } },
  );
}
