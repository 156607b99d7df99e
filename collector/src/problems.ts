// Every error the HTTP API can return, declared once as data: RFC 9457 problems for the API, google.rpc.Status
// for OTLP, and docs/reference/problems.md are all made from this table.
// Invariant: `code` is stable; clients may branch on it, so one is never renamed and never reused.
import { BACKUP_PROBLEMS } from './backup-problem.ts';
import { GRPC_CODE } from './grpc-code.ts';
import type { ProblemSpec } from './problem-spec.ts';

/** OTLP/HTTP clients resend on 429, 502, 503 and 504 only (OTLP 1.11): `retryable` agrees with that. */
export const PROBLEMS = {
  key_missing: {
    status: 401,
    grpc: GRPC_CODE.unauthenticated,
    retryable: false,
    title: 'No key',
    sentence:
      'The request carries no key. Send one as `x-api-key`, as `Authorization: Bearer …`, or as the password of Basic authentication.',
  },
  key_unknown: {
    status: 401,
    grpc: GRPC_CODE.unauthenticated,
    retryable: false,
    title: 'Unknown key',
    sentence:
      'The key is not one of this collector, or it was revoked or rotated. `aicost keys list` shows the valid ones by id.',
  },
  scope_missing: {
    status: 403,
    grpc: GRPC_CODE.permissionDenied,
    retryable: false,
    title: 'Scope missing',
    sentence:
      'The key is valid but lacks the scope this needs. Use another key, or make one with `aicost keys create --scopes`.',
  },
  not_found: {
    status: 404,
    grpc: GRPC_CODE.notFound,
    retryable: false,
    title: 'Not found',
    sentence: 'There is nothing here for this key. What belongs to another tenant looks the same.',
  },
  method_not_allowed: {
    status: 405,
    grpc: GRPC_CODE.unimplemented,
    retryable: false,
    title: 'Method not allowed',
    sentence: 'The path exists, the method does not. The `allow` header names those that do.',
  },
  parameter_invalid: {
    status: 400,
    grpc: GRPC_CODE.invalidArgument,
    retryable: false,
    title: 'Invalid parameter',
    sentence:
      'A parameter or a field of the body is wrong. The detail names it and what was expected.',
  },
  ledger_expired: {
    status: 422,
    grpc: GRPC_CODE.failedPrecondition,
    retryable: false,
    title: 'Entries expired',
    sentence:
      'The question needs ledger entries that have expired (`--retention-ledger`), or what only spans tell, such as durations and releases (`--retention-spans`). The detail says since when they are kept, and what is answered for longer: whole hours and days of the dimensions of the rollups.',
  },
  query_over_budget: {
    status: 422,
    grpc: GRPC_CODE.resourceExhausted,
    retryable: false,
    title: 'Query over budget',
    sentence:
      'A query of the question would use more of the engine than one may: rows or bytes read, memory, time, or size of its result; or it is about more different prompts than are compared. The detail says which budget, and what it is. Narrow the range, filter, or group by fewer dimensions.',
  },
  trace_too_large: {
    status: 422,
    grpc: GRPC_CODE.failedPrecondition,
    retryable: false,
    title: 'Trace too large',
    sentence:
      'The trace has more spans or ledger entries than one answer shows. The detail says where its sums and its spans are.',
  },
  request_malformed: {
    status: 400,
    grpc: GRPC_CODE.invalidArgument,
    retryable: false,
    title: 'No HTTP request',
    sentence: 'What came on the connection is not an HTTP request. The connection was closed.',
  },
  headers_too_large: {
    status: 431,
    grpc: GRPC_CODE.resourceExhausted,
    retryable: false,
    title: 'Headers too large',
    sentence: 'The headers of the request are larger than 16 KiB. The connection was closed.',
  },
  body_malformed: {
    status: 400,
    grpc: GRPC_CODE.invalidArgument,
    retryable: false,
    title: 'Malformed body',
    sentence:
      'The body is not what its content type and content encoding say. Nothing of it was stored.',
  },
  body_timeout: {
    status: 408,
    grpc: GRPC_CODE.deadlineExceeded,
    retryable: false,
    title: 'Body too slow',
    sentence:
      'The request did not arrive in time, which `--request-timeout` sets. Nothing of it was stored.',
  },
  key_retired: {
    status: 409,
    grpc: GRPC_CODE.failedPrecondition,
    retryable: false,
    title: 'Key retired',
    sentence: 'The key was revoked or rotated already. Create a new one.',
  },
  tenant_suspended: {
    status: 403,
    grpc: GRPC_CODE.permissionDenied,
    retryable: false,
    title: 'Tenant suspended',
    sentence:
      'An operator suspended the tenant: nothing is taken in for it, and nothing of this request was stored. Its keys may still read. `aicost tenants resume` ends it.',
  },
  tenant_conflict: {
    status: 409,
    grpc: GRPC_CODE.failedPrecondition,
    retryable: false,
    title: 'Tenant conflict',
    sentence:
      'The tenant is not in a state in which this can be done: it exists already, it was deleted (a deleted name is never used again), it holds an operator key, or its rows are where this is not done (a cluster). The detail says which.',
  },
  body_too_large: {
    status: 413,
    grpc: GRPC_CODE.resourceExhausted,
    retryable: false,
    title: 'Body too large',
    sentence:
      'The body is larger than the limit, as sent or after decompression. Send smaller batches, or raise `--request-bytes-max`.',
  },
  too_many_spans: {
    status: 413,
    grpc: GRPC_CODE.resourceExhausted,
    retryable: false,
    title: 'Too many spans',
    sentence:
      'The request holds more spans, log records or data points than one may. Nothing of it was stored; send smaller batches.',
  },
  rate_limited: {
    status: 429,
    grpc: GRPC_CODE.resourceExhausted,
    retryable: true,
    title: 'Too fast',
    sentence:
      'The tenant sends, or a key of it asks, more than its limits allow. Nothing of this request was stored or asked; send it again after `retry-after`. `aicost tenants limits show` tells the limits.',
  },
  quota_used_up: {
    status: 429,
    grpc: GRPC_CODE.resourceExhausted,
    retryable: true,
    title: 'Quota used up',
    sentence:
      'The tenant has stored what it may on this UTC day. Nothing of this request was stored; the next day begins after `retry-after`.',
  },
  too_many_streams: {
    status: 429,
    grpc: GRPC_CODE.resourceExhausted,
    retryable: true,
    title: 'Too many streams',
    sentence:
      'As many live streams are open as may be. Close one, or connect again after `retry-after`.',
  },
  content_type_unsupported: {
    status: 415,
    grpc: GRPC_CODE.invalidArgument,
    retryable: false,
    title: 'Unsupported content type',
    sentence:
      'OTLP is `application/x-protobuf` or `application/json`; the rest of the API takes JSON.',
  },
  content_encoding_unsupported: {
    status: 415,
    grpc: GRPC_CODE.invalidArgument,
    retryable: false,
    title: 'Unsupported content encoding',
    sentence: 'The body may be plain, `gzip`, `deflate` or `zstd`, and compressed once.',
  },
  sql_users_unavailable: {
    status: 409,
    grpc: GRPC_CODE.failedPrecondition,
    retryable: false,
    title: 'No ClickHouse users',
    sentence:
      'A ClickHouse user for a key (`keys create --sql`) can be made on a single server alone, by a collector that runs and whose own user may manage users. The detail says which of these is missing.',
  },
  settled_elsewhere: {
    status: 409,
    grpc: GRPC_CODE.failedPrecondition,
    retryable: false,
    title: 'Settled elsewhere',
    sentence:
      'Of collectors that share a server or a cluster one at a time corrects the ledger, and it is another one now: ask there. On a server --settle says which; on a cluster the detail names it, and when it is gone another one takes over after a minute.',
  },
  internal: {
    status: 500,
    grpc: GRPC_CODE.internal,
    retryable: false,
    title: 'Internal error',
    sentence: 'A fault of the collector. Its log has the cause under the same request id.',
  },
  overloaded: {
    status: 503,
    grpc: GRPC_CODE.unavailable,
    retryable: true,
    title: 'Overloaded',
    sentence:
      'The collector holds as much as it may. Nothing of this request was stored; send it again.',
  },
  ...BACKUP_PROBLEMS,
  journal_unavailable: {
    status: 503,
    grpc: GRPC_CODE.unavailable,
    retryable: true,
    title: 'Journal unavailable',
    sentence:
      'The journal is full or cannot be written. Nothing of this request was acknowledged; send it again.',
  },
  engine_unavailable: {
    status: 503,
    grpc: GRPC_CODE.unavailable,
    retryable: true,
    title: 'Engine unavailable',
    sentence: 'ClickHouse does not answer. Spans are still accepted; questions must wait.',
  },
  deadline_exceeded: {
    status: 504,
    grpc: GRPC_CODE.deadlineExceeded,
    retryable: true,
    title: 'Took too long',
    sentence: 'The answer was not ready in time. Ask for a shorter range or fewer dimensions.',
  },
} as const satisfies Record<string, ProblemSpec>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a problem may carry beside its sentence; headers are sent with the answer. */
export interface ProblemExtras {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** The limit of limit-table.ts that was hit; it is counted where the problem is answered. */
  readonly limit?: string;
}

/** An error with a declared code. `message` is the detail: it goes to the client, so it holds no secret. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly limit: string | undefined;

  constructor(code: ProblemCode, detail?: string, extras: ProblemExtras = {}) {
    super(detail ?? PROBLEMS[code].sentence, 'cause' in extras ? { cause: extras.cause } : {});
    this.code = code;
    this.headers = extras.headers ?? {};
    this.limit = extras.limit;
  }

  get spec(): ProblemSpec {
    return PROBLEMS[this.code];
  }
}

/** 400: the data is wrong and resending it cannot help; `detail` says where and what was expected. */
export function badRequest(detail: string, cause?: unknown): Problem {
  return new Problem('body_malformed', detail, { cause });
}

/** 503 with Retry-After: nothing was kept, and the same request may succeed later. */
export function unavailable(
  code: 'overloaded' | 'journal_unavailable' | 'engine_unavailable',
  detail?: string,
  retryAfterSeconds = 1,
  about: Pick<ProblemExtras, 'limit' | 'cause'> = {},
): Problem {
  return new Problem(code, detail, {
    headers: { 'retry-after': String(retryAfterSeconds) },
    ...about,
  });
}
