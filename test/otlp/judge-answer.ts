/** Holds an answer against what a case expects: outcomes, and what the answer says besides, each a row of a table. */
import type { ConformanceCase, OutcomeName, SayingName, Way } from './conformance-case.ts';
import { type Decoded, decodeResponse, decodeStatus } from './encode-request.ts';
import type { Answer } from './send-request.ts';

/** Statuses of HTTP and codes of gRPC that an outcome may have. `http` is also of answers that are no gRPC at all. */
interface Outcome {
  readonly http: readonly number[];
  readonly grpc: readonly number[];
  /** Where both "taken" and "taken in part" are 200, the body decides. */
  readonly rejected?: 'none' | 'some';
}

const OUTCOMES: Readonly<Record<OutcomeName, Outcome>> = {
  taken: { http: [200], grpc: [0], rejected: 'none' },
  'taken in part': { http: [200], grpc: [0], rejected: 'some' },
  // Over gRPC INVALID_ARGUMENT is only recommended; the others may not be sent again either, and grpc-go answers them.
  'bad data': { http: [400], grpc: [3, 2, 13] },
  'invalid argument': { http: [], grpc: [3] },
  'too large': { http: [413], grpc: [8] },
  'no right key': { http: [401, 403], grpc: [16, 7] },
  // RFC 9110 §15.5.16 says 415; the OpenTelemetry Collector says 400.
  'unknown coding': { http: [415, 400], grpc: [12] },
  'unknown content type': { http: [415], grpc: [3, 12] },
  'nothing there': { http: [404], grpc: [12] },
  'method not allowed': { http: [405], grpc: [] },
  // The gRPC specification says INTERNAL where OTLP would say INVALID_ARGUMENT.
  'broken framing': { http: [], grpc: [3, 13, 12, 2] },
};

type Saying = (answer: Answer, way: Way) => boolean;

const isGrpc = ({ transport }: Way): boolean => transport === 'grpc';
const detailsOf = (answer: Answer): Buffer =>
  Buffer.from(answer.headers['grpc-status-details-bin'] ?? '', 'base64');

/** The response or Status as an object; throws what the decoder throws. An answer says itself how it is encoded. */
function readBody(answer: Answer, way: Way, decode: (bytes: Uint8Array) => Decoded): Decoded {
  const isJson = !isGrpc(way) && /^application\/json\b/.test(answer.headers['content-type'] ?? '');
  return isJson ? (JSON.parse(answer.body.toString('utf8')) as Decoded) : decode(answer.body);
}

const partialSuccess = (answer: Answer, way: Way): Decoded | undefined =>
  readBody(answer, way, decodeResponse)['partialSuccess'] as Decoded | undefined;

/** JSON names the count after the signal: rejectedSpans, rejectedLogRecords, rejectedDataPoints. */
function rejectedCount(answer: Answer, way: Way): number {
  const partial = Object.entries(partialSuccess(answer, way) ?? {});
  return Number(partial.find(([name]) => name.startsWith('rejected'))?.[1] ?? 0);
}

const isSuccess = (answer: Answer): boolean =>
  answer.status === 200 && (answer.grpcStatus ?? 0) === 0;

const mentions = (answer: Answer, way: Way, text: string): boolean =>
  (isGrpc(way) ? detailsOf(answer) : answer.body).includes(text);

const SAYINGS: Readonly<Record<SayingName, Saying>> = {
  'partial_success is unset': (answer, way) => partialSuccess(answer, way) === undefined,
  // Of the request as a whole these say nothing when it was refused.
  'one record was rejected': (answer, way) =>
    !isSuccess(answer) || rejectedCount(answer, way) === 1,
  'why records were rejected': (answer, way) =>
    !isSuccess(answer) || String(partialSuccess(answer, way)?.['errorMessage'] ?? '') !== '',
  'content type of the request': (answer, way) => {
    const mediaType = answer.headers['content-type']?.split(';')[0];
    if (isGrpc(way)) return mediaType?.startsWith('application/grpc') ?? false;
    return (
      mediaType === (way.transport === 'http/json' ? 'application/json' : 'application/x-protobuf')
    );
  },
  'a Status': (answer, way) => {
    if (isGrpc(way)) return answer.grpcStatus !== undefined;
    const status = readBody(answer, way, decodeStatus);
    return typeof status === 'object' && ('message' in status || 'code' in status);
  },
  'a message in the Status': (answer, way) => {
    if (isGrpc(way)) return (answer.headers['grpc-message'] ?? '') !== '';
    return String(readBody(answer, way, decodeStatus)['message'] ?? '') !== '';
  },
  'a BadRequest in the Status': (answer, way) => mentions(answer, way, 'google.rpc.BadRequest'),
  'no RetryInfo': (answer, way) =>
    !mentions(answer, way, 'google.rpc.RetryInfo') && answer.headers['retry-after'] === undefined,
  'which methods are allowed': (answer) => (answer.headers['allow'] ?? '').includes('POST'),
  'how to authenticate': (answer) => (answer.headers['www-authenticate'] ?? '') !== '',
  'which codings are taken': (answer, way) =>
    (answer.headers[isGrpc(way) ? 'grpc-accept-encoding' : 'accept-encoding'] ?? '').includes(
      'gzip',
    ),
};

/** What is wrong with an answer; undefined when nothing is. */
export function judgeAnswer(
  answer: Answer,
  expected: Pick<ConformanceCase, 'outcome' | 'says'>,
  way: Way,
): string | undefined {
  if (!expected.outcome.some((name) => isOutcome(answer, OUTCOMES[name], way))) {
    return `${show(answer, way)}; expected: ${expected.outcome.join(', or ')}`;
  }
  const missing = (expected.says ?? []).filter((name) => !says(SAYINGS[name], answer, way));
  return missing.length === 0 ? undefined : `${show(answer, way)}; it lacks: ${missing.join(', ')}`;
}

function says(saying: Saying, answer: Answer, way: Way): boolean {
  try {
    return saying(answer, way);
  } catch {
    // A body that cannot be read says nothing.
    return false;
  }
}

function isOutcome(answer: Answer, outcome: Outcome, way: Way): boolean {
  const { grpcStatus, status } = answer;
  // An answer over gRPC without a grpc-status is one of HTTP, and then an error.
  const isListed =
    grpcStatus === undefined
      ? outcome.http.includes(status) && !(isGrpc(way) && status === 200)
      : outcome.grpc.includes(grpcStatus);
  if (!isListed || outcome.rejected === undefined) return isListed;
  const isSome = outcome.rejected === 'some';
  return says((...given) => rejectedCount(...given) > 0 === isSome, answer, way);
}

/** An answer in a few words. */
function show(answer: Answer, way: Way): string {
  if (isGrpc(way) && answer.grpcStatus !== undefined) {
    return `grpc-status ${answer.grpcStatus} ${(answer.headers['grpc-message'] ?? '').slice(0, 80)}`;
  }
  const text = answer.body.toString('utf8').replace(/[^ -~]+/g, '·');
  return `${answer.status} ${text.slice(0, 80)}`;
}
