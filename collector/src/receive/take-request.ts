// The middle of every OTLP request, the same for all transports:
//   room? ▸ authenticate ▸ content type ▸ may its tenant send? ▸ read the body ▸ accept ▸ outcome or problem.
// Nobody without a key makes us read or decompress anything.
// Invariant: what a transport is told is an outcome, a problem or "gone", never an error; data that is wrong is
// never a fault of ours, and a fault of ours is logged and told without its text.
import type { Authenticate, HeaderValues, TenantId } from '../access.ts';
import type { Admission, Pass } from '../admission.ts';
import type { BufferPool } from '../buffer-pool.ts';
import { limitOfProblem } from '../limit-table.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { OwnTraces } from '../own-traces.ts';
import type { Problem } from '../problems.ts';
import { toProblem } from '../to-problem.ts';
import { type BodyPlace, ClientGone, type ReadBody } from './body.ts';
import type { OtlpEncoding } from './otlp-problem.ts';

/** OTLP's signals, as their paths name them. */
export type Signal = 'traces' | 'logs' | 'metrics';

/** What became of an accepted request: records that were refused, and a message (or '') for the sender. */
export interface AcceptOutcome {
  readonly rejected: number;
  readonly message: string;
  /** Records that are durable now and were not before; undefined where that is not counted. */
  readonly kept?: number;
}

/**
 * Takes the records of one request; resolves when those that are kept are durable.
 * `bytes` belong to the callee until the promise settles, and to whoever keeps them (buffer-pool.ts). An empty body is
 * an empty request.
 * @throws Problem `badRequest(…)` for bytes that are no OTLP, `unavailable(…)` where a resend may succeed
 */
export type AcceptRequest = (
  tenant: TenantId,
  bytes: Uint8Array,
  encoding: OtlpEncoding,
  /** Called when all that is kept waits for the disk alone; never, where nothing does. */
  onHandedOver?: () => void,
) => Promise<AcceptOutcome>;

/** A request as its transport shows it, its body not read yet. */
export interface TransportRequest {
  readonly signal: Signal;
  readonly transport: 'http' | 'grpc';
  /** Headers or metadata: where the key is. */
  readonly headers: HeaderValues;
  /** Bytes of the body as sent, where the sender told them before sending. */
  readonly declaredBytes: number | undefined;
  /** For the log. */
  readonly requestId: string;
  /** @throws Problem content_type_unsupported */
  readonly encoding: () => OtlpEncoding;
  /**
   * Reads the whole body; called once, and only for a request that may be taken. What it holds is charged to the
   * account, and given back when the request has been answered.
   * @throws Problem body_too_large, body_malformed, body_timeout, content_encoding_unsupported, overloaded
   * @throws ClientGone
   */
  readonly readBody: (place: BodyPlace) => Promise<ReadBody>;
}

export type TakeResult =
  | { readonly kind: 'accepted'; readonly encoding: OtlpEncoding; readonly outcome: AcceptOutcome }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The client went away before its body was complete: there is nobody to answer. */
  | { readonly kind: 'gone' };

/** Never rejects. */
export type TakeRequest = (request: TransportRequest) => Promise<TakeResult>;

export interface TakeRequestDeps {
  readonly admission: Admission;
  readonly authenticate: Authenticate;
  readonly buffers: BufferPool;
  readonly accept: Readonly<Record<Signal, AcceptRequest>>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly ownTraces?: OwnTraces;
}

/** Partial-success messages are for people; a request of many bad records must not grow its answer with them. */
const MESSAGE_CHARS_MAX = 4_096;

export function createTakeRequest(deps: TakeRequestDeps): TakeRequest {
  return async (request) => {
    try {
      return await take(request, deps);
    } catch (error) {
      if (error instanceof ClientGone) return { kind: 'gone' };
      return { kind: 'refused', problem: refusalOf(error, request, deps) };
    }
  };
}

async function take(request: TransportRequest, deps: TakeRequestDeps): Promise<TakeResult> {
  deps.admission.checkRoom();
  const { tenant } = deps.authenticate(request.headers, ['ingest']);
  const encoding = request.encoding();
  const pass = deps.admission.admit(tenant, request.declaredBytes);
  let isKept = false;
  try {
    const waiting = pass.room();
    if (waiting !== undefined) await waiting;
    const result = await takeAdmitted(request, deps, { tenant, encoding, pass });
    isKept = true;
    return result;
  } finally {
    pass.close(isKept);
  }
}

/** A request that was let in. */
interface Admitted {
  readonly tenant: TenantId;
  readonly encoding: OtlpEncoding;
  readonly pass: Pass;
}

async function takeAdmitted(
  request: TransportRequest,
  deps: TakeRequestDeps,
  admitted: Admitted,
): Promise<TakeResult> {
  const { buffers } = deps;
  const startMs = performance.now();
  const body = await request.readBody({ held: admitted.pass.held, buffers });
  try {
    return await acceptBody(request, deps, { ...admitted, body, startMs });
  } finally {
    buffers.letGo(body.bytes);
  }
}

async function acceptBody(
  request: TransportRequest,
  deps: TakeRequestDeps,
  { tenant, encoding, pass, body, startMs }: Admitted & { body: ReadBody; startMs: number },
): Promise<TakeResult> {
  const { signal, transport } = request;
  const { metrics } = deps;
  const readMs = performance.now();
  pass.bodyRead(body.bytes.length);
  let handedOverMs: number | undefined;
  const outcome = await deps.accept[signal](tenant, body.bytes, encoding, () => {
    handedOverMs = performance.now();
  });
  const endMs = performance.now();
  const decodedMs = handedOverMs ?? endMs;
  metrics.aicost_ack_seconds.observe({ stage: 'read' }, (readMs - startMs) / 1000);
  metrics.aicost_ack_seconds.observe({ stage: 'decode' }, (decodedMs - readMs) / 1000);
  metrics.aicost_ack_seconds.observe({ stage: 'sync' }, (endMs - decodedMs) / 1000);
  deps.ownTraces?.record({
    name: `otlp ${signal}`,
    startMs,
    endMs,
    attributes: { transport, encoding, bytes: body.bytes.length, rejected: outcome.rejected },
    steps: [
      { name: 'read', startMs, endMs: readMs },
      { name: 'decode', startMs: readMs, endMs: decodedMs },
      { name: 'sync', startMs: decodedMs, endMs },
    ],
  });
  metrics.aicost_otlp_requests_total.inc({ signal, transport });
  metrics.aicost_otlp_bytes_total.inc({ signal, transport, form: 'wire' }, body.wireBytes);
  metrics.aicost_otlp_bytes_total.inc({ signal, transport, form: 'plain' }, body.bytes.length);
  const message = outcome.message.slice(0, MESSAGE_CHARS_MAX);
  return { kind: 'accepted', encoding, outcome: { rejected: outcome.rejected, message } };
}

function refusalOf(error: unknown, request: TransportRequest, deps: TakeRequestDeps): Problem {
  const problem = toProblem(error);
  deps.metrics.aicost_otlp_requests_refused_total.inc({
    signal: request.signal,
    transport: request.transport,
    code: problem.code,
  });
  const limit = limitOfProblem(problem);
  if (limit !== undefined) deps.metrics.aicost_limit_hits_total.inc({ limit });
  if (problem.code === 'internal') {
    deps.log.error({ err: error, request_id: request.requestId }, 'an OTLP request failed');
  }
  return problem;
}
