/**
 * Every limit a sender can run into, declared once as data: docs/reference/limits.md, the checks, the overrides of
 * tenants and the label of `aicost_limit_hits_total` come from this table.
 * Invariant: a name is stable. It stands in `control` rows, in `aicost tenants limits` and in metrics.
 */
import { limit } from './limit-spec.ts';
import { LIVE_LIMITS } from './live-limits.ts';
import type { Problem, ProblemCode } from './problems.ts';
import { QUERY_LIMITS } from './query-limits.ts';
import { RETENTION_LIMITS } from './retention-limits.ts';

const MIB = 1024 * 1024;
/** Far above anything a machine does; a rate is still exact in a float there. */
const RATE_MAX = 1e12;
const RATE = { least: 0.001, most: RATE_MAX, mayBeUnlimited: true } as const;
const PARTIAL = 'The span is refused alone and told as partial success.';

export const LIMITS = {
  requests_per_second: limit({
    scope: 'tenant',
    unit: 'requests/s',
    byDefault: null,
    override: RATE,
    problem: 'rate_limited',
    sentence: 'OTLP requests of one tenant, of all signals and transports.',
    reason: 'A client that loops must not take the time of others. None unless the operator says.',
  }),
  spans_per_second: limit({
    scope: 'tenant',
    unit: 'spans/s',
    byDefault: null,
    override: RATE,
    problem: 'rate_limited',
    sentence:
      'Spans of one tenant, and log events of LLM calls. They are counted when a request was decoded: one is taken whole while anything is left, and what it took too much is paid off before the next.',
    reason: 'Spans are what costs CPU and disk. None unless the operator says.',
  }),
  bytes_per_second: limit({
    scope: 'tenant',
    unit: 'bytes/s',
    byDefault: null,
    override: RATE,
    problem: 'rate_limited',
    sentence:
      'Bytes of bodies of one tenant: by their declared length before they are read, by their length after decompression once they are. Paid off as spans are.',
    reason: 'Bodies without a known span cost time too. None unless the operator says.',
  }),
  burst_seconds: limit({
    scope: 'tenant',
    unit: 'seconds',
    byDefault: 10,
    override: { least: 0, most: 3600, mayBeUnlimited: false },
    problem: null,
    answer: 'It shapes the rates, and is never hit itself.',
    isUncounted: true,
    sentence: 'How many seconds of its rate a tenant that was quiet may use at once.',
    reason: 'Exporters send in batches: the SDKs every 5 s, so two batches fit.',
  }),
  requests_at_once: limit({
    scope: 'tenant',
    unit: 'requests',
    byDefault: 1024,
    override: { least: 1, most: 65_536, mayBeUnlimited: false },
    problem: 'rate_limited',
    sentence: 'Requests of one tenant between their admission and their answer.',
    reason: 'Half of requests_in_flight: no tenant, and no slow sender, takes all places.',
  }),
  reads_per_second: limit({
    scope: 'tenant',
    unit: 'requests/s',
    byDefault: 50,
    override: RATE,
    problem: 'rate_limited',
    sentence:
      'Requests to the API (`/api/`) with one key of the tenant. `RateLimit-Policy` and `RateLimit` of each answer tell what is left.',
    reason:
      'A dashboard of 20 panels that 10 people see refreshes 40 times in 5 s; a script that loops asks thousands of times.',
  }),
  queries_at_once: limit({
    scope: 'tenant',
    unit: 'queries',
    byDefault: 3,
    override: { least: 1, most: 1024, mayBeUnlimited: false },
    problem: 'rate_limited',
    sentence:
      'Queries to ClickHouse for readers of one tenant at a time. Further ones wait for their turn, queries_waiting of them.',
    reason: 'The embedded engine reads for 4 at a time: one place is always for others.',
  }),
  spans_per_day: limit({
    scope: 'tenant',
    unit: 'spans/UTC day',
    byDefault: null,
    override: { least: 0, most: 1e15, mayBeUnlimited: true },
    problem: 'quota_used_up',
    sentence:
      'Spans kept for one tenant in a UTC day; refused spans and resends of kept ones do not count. The request that reaches it is taken whole.',
    reason: 'A ceiling on what a tenant can store. None unless the operator says.',
  }),
  bytes_per_day: limit({
    scope: 'tenant',
    unit: 'bytes/UTC day',
    byDefault: null,
    override: { least: 0, most: 1e15, mayBeUnlimited: true },
    problem: 'quota_used_up',
    sentence: 'Bytes, after decompression, of the accepted requests of one tenant in a UTC day.',
    reason: 'As spans_per_day, for those who send few and large spans.',
  }),
  spans_per_request: limit({
    scope: 'tenant',
    unit: 'spans',
    byDefault: 100_000,
    override: { least: 1, most: 1_000_000, mayBeUnlimited: false },
    problem: 'too_many_spans',
    sentence: 'Spans, log records or data points in one request.',
    reason:
      'Twelve times the largest batch of the Collector (8,192), and still in one segment; a request is decoded in one go, while others wait.',
  }),
  attributes_per_span: limit({
    scope: 'tenant',
    unit: 'attributes',
    byDefault: 1024,
    override: { least: 1, most: 8192, mayBeUnlimited: false },
    problem: null,
    answer: PARTIAL,
    sentence: 'Attributes of one span, of its resource and of its scope, each.',
    reason: "Eight times the SDKs' default of 128; nobody sets more by intent.",
  }),
  attribute_value_bytes: limit({
    scope: 'tenant',
    unit: 'bytes',
    byDefault: 4 * MIB,
    override: { least: 1, most: 64 * MIB, mayBeUnlimited: false },
    problem: null,
    answer: PARTIAL,
    sentence: 'Length of one attribute value of a span.',
    reason: 'One prompt may be long; a book is not an attribute.',
  }),
  span_name_bytes: limit({
    scope: 'tenant',
    unit: 'bytes',
    byDefault: 4096,
    override: { least: 1, most: 65_536, mayBeUnlimited: false },
    problem: null,
    answer: PARTIAL,
    sentence: 'Length of the name of a span.',
    reason: 'Names are a dimension: a longer one is data in the wrong place.',
  }),
  ...RETENTION_LIMITS,
  memory_bytes: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: null,
    option: 'memoryMax',
    problem: 'overloaded',
    sentence:
      'Memory of the collector process. From 90 % of it on, when collecting garbage did not help, until it is below 86 % again, held_bytes is a sixteenth of what it was; one request is always taken.',
    reason:
      'A process that is ended for its memory answers nobody; a few requests at a time go on.',
  }),
  held_bytes: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: null,
    option: 'memoryMax',
    problem: 'overloaded',
    sentence:
      'Bodies held by all requests together until they are answered: an eighth of --memory-max, and never less than --request-bytes-max. It bounds what waits for the journal too. A request for which there is no room waits 2 s for it, unread, with 255 others at most; then it is refused.',
    reason: 'Rows made of a body, and their way to the disk, take a few times its size beside it.',
  }),
  requests_in_flight: limit({
    scope: 'collector',
    unit: 'requests',
    byDefault: 2048,
    problem: 'overloaded',
    sentence: 'OTLP requests between their admission and their answer.',
    reason: 'Each takes some 20 KB beside its body, and all of them wait for the same CPU.',
  }),
  connections: limit({
    scope: 'collector',
    unit: 'connections',
    byDefault: 4096,
    problem: null,
    answer: 'A further connection is closed at once.',
    sentence: 'Connections open to each listener: HTTP, gRPC, SQL.',
    reason: 'Each costs a descriptor and some 20 KiB before it has sent anything.',
  }),
  journal_bytes: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: null,
    option: 'journalBytesMax',
    problem: 'journal_unavailable',
    sentence: 'Size of what is acknowledged and not yet in ClickHouse.',
    reason: 'Nothing acknowledged is dropped to make room: new requests wait with their senders.',
  }),
  waiting_days: limit({
    scope: 'collector',
    unit: 'UTC days',
    byDefault: 64,
    problem: 'journal_unavailable',
    sentence:
      'Days to which the spans belong that wait for the same flush of the journal. The spans of a request that fit are kept; it is answered 503, and when it is sent again the next ones are.',
    reason: 'Each day has blocks of its own, of 0.6 MB: only who sends history anew meets it.',
  }),
  request_bytes: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: null,
    option: 'requestBytesMax',
    problem: 'body_too_large',
    sentence: 'Length of one body, as sent and again after decompression.',
    reason: 'OTLP 1.11 recommends 64 MiB, counted after decompression.',
  }),
  nesting_depth: limit({
    scope: 'collector',
    unit: 'messages',
    byDefault: 100,
    problem: 'body_malformed',
    isUncounted: true,
    sentence: 'Depth of messages, lists and groups inside one another.',
    reason: "protobuf's own decoders stop there.",
  }),
  head_seconds: limit({
    scope: 'collector',
    unit: 'seconds',
    byDefault: 15,
    problem: null,
    answer: 'The connection is answered 408 and closed.',
    isUncounted: true,
    sentence: 'Time in which the head of a request must arrive.',
    reason: 'A connection that never finishes its head holds a place for nothing.',
  }),
  body_seconds: limit({
    scope: 'collector',
    unit: 'seconds',
    byDefault: null,
    option: 'requestTimeoutMs',
    problem: 'body_timeout',
    sentence: 'Time in which the body of an OTLP request must arrive.',
    reason: 'Enough for 64 MiB at 10 Mbit/s; a slower sender must send less at once.',
  }),
  ...QUERY_LIMITS,
  api_seconds: limit({
    scope: 'collector',
    unit: 'seconds',
    byDefault: 60,
    problem: 'deadline_exceeded',
    isUncounted: true,
    sentence: 'Time in which a request of the API, other than OTLP, is answered.',
    reason: 'A person does not wait longer, and a question that takes longer is too wide.',
  }),
  ...LIVE_LIMITS,
} as const;

export type LimitName = keyof typeof LIMITS;

/** Problems that can only mean one limit. */
const LIMIT_OF_CODE: { readonly [C in ProblemCode]?: LimitName } = {
  body_too_large: 'request_bytes',
  body_timeout: 'body_seconds',
  too_many_spans: 'spans_per_request',
};

/** The limit that a request hit, for its count. */
export function limitOfProblem(problem: Pick<Problem, 'code' | 'limit'>): string | undefined {
  return problem.limit ?? LIMIT_OF_CODE[problem.code];
}

/** The names of limits that a tenant may have a value of its own for. */
export type TenantLimitName = {
  [N in LimitName]: (typeof LIMITS)[N]['scope'] extends 'tenant' ? N : never;
}[LimitName];

export const TENANT_LIMITS = (Object.keys(LIMITS) as LimitName[]).filter(
  (name): name is TenantLimitName => LIMITS[name].scope === 'tenant',
);

/** The limits as they are for one tenant right now; null is no limit. */
export type TenantLimits = Readonly<Record<TenantLimitName, number | null>>;

export const DEFAULT_TENANT_LIMITS = Object.fromEntries(
  TENANT_LIMITS.map((name) => [name, LIMITS[name].byDefault]),
) as TenantLimits;
