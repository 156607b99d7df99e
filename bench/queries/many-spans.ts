/**
 * Spans of 90 days and their charges, made in the engine itself from a seed and put through the landing table, so that
 * every view makes of them what it makes of spans that were sent. Each number and name follows from a hash of the seed,
 * the trace and what is asked for: the same seed gives the same rows.
 */

export interface Shape {
  readonly days: number;
  readonly tracesPerDay: number;
  readonly seed: number;
  /** The first instant of the day after the last, milliseconds since 1970. */
  readonly endMs: number;
}

export const DAYS = 90;
/** Traces of all days; a short form fills little. */
const TRACES = { full: 1_000_000, short: 9_000 } as const;

/** What the benchmarks of questions and of pages are asked about; the full form is 10 million spans. */
export function shapeOf(form: keyof typeof TRACES, endMs: number): Shape {
  return { days: DAYS, tracesPerDay: Math.ceil(TRACES[form] / DAYS), seed: 1, endMs };
}

export const SPANS_PER_TRACE = 10;
/** Of the spans of a trace. */
export const CALLS_PER_TRACE = 4;

const TENANTS = 10;
const MODELS = 40;
/** A feature is of one service and one agent, as in a product, and asks one of a few models. */
const MODELS_OF_FEATURE = 3;
const FEATURES = 200;
const SERVICES = 20;
const AGENTS = 60;
const USERS = 5_000;
const SESSIONS = 300_000;
const ENVIRONMENTS = ['production', 'staging', 'test'];
const DAY_MS = 86_400_000;
/** Zipf with this exponent gives the first of ten 60 % of the rows. */
const TENANT_EXPONENT = 1.9;

const tenantName = (rank: number): string => `tenant-${rank}`;
/** The one with 60 % of the rows, and one in the middle. */
export const LARGEST = tenantName(0);
export const MIDDLING = tenantName(4);

/** Uniform in [0, 1), for a trace (`t`) or a span of it (`n`). */
const chance = (seed: number, of: string, what: string): string =>
  `(bitShiftRight(sipHash64(${seed}, ${of}, '${what}'), 11) / 9007199254740992)`;

/** Rank 0 … count - 1 by Zipf's law with the exponent 1: log-uniform. */
const zipf = (uniform: string, count: number): string =>
  `toUInt32(least(${count - 1}, floor(pow(${count + 1}, ${uniform})) - 1))`;

/** Rank of a tenant, by the sums of the shares. */
function tenantRank(uniform: string): string {
  const weights = Array.from({ length: TENANTS }, (_, rank) => (rank + 1) ** -TENANT_EXPONENT);
  const whole = weights.reduce((a, b) => a + b, 0);
  let sum = 0;
  const cases = weights.slice(0, -1).map((weight, rank) => {
    sum += weight / whole;
    return `${uniform} < ${sum}, ${rank}`;
  });
  return `multiIf(${cases.join(', ')}, ${TENANTS - 1})`;
}

/** What all spans of a trace have. */
function tracesSql({ seed, tracesPerDay }: Shape, day: number, dayStartMs: number): string {
  const of = (what: string) => chance(seed, 't', what);
  return `SELECT
      number + ${day * tracesPerDay} AS t,
      concat('tenant-', toString(${tenantRank(of('tenant'))})) AS tenant,
      lower(hex(sipHash128(${seed}, t))) AS trace_id,
      toInt64(${dayStartMs}) * 1000000 + toInt64(${of('time')} * 86390000000000) AS begun_ns,
      ['${ENVIRONMENTS.join("','")}'][1 + ${zipf(of('environment'), ENVIRONMENTS.length)}] AS environment,
      ${zipf(of('feature'), FEATURES)} AS feature_rank,
      concat('feature-', toString(feature_rank)) AS feature,
      concat('service-', toString(feature_rank % ${SERVICES})) AS service,
      concat('agent-', toString(feature_rank % ${AGENTS})) AS agent,
      concat('user-', toString(${zipf(of('user'), USERS)})) AS user,
      concat('session-', toString(toUInt32(${of('session')} * ${SESSIONS}))) AS session,
      map('plan', ['free', 'pro', 'team'][1 + toUInt32(${of('plan')} * 3)]) AS tags
    FROM numbers(${tracesPerDay})`;
}

/** What each span has, whichever of the two kinds of rows is made of it. Its names are no columns of the tables. */
function spansSql(shape: Shape, day: number): string {
  const { seed, days, endMs } = shape;
  const dayStartMs = endMs - (days - day) * DAY_MS;
  const of = (what: string) => chance(seed, 't * 10 + n', what);
  const first = SPANS_PER_TRACE - CALLS_PER_TRACE;
  return `SELECT *, n, n >= ${first} AS is_call,
      begun_ns + n * 1000000 AS start_ns,
      toInt64(1000000 + ${of('duration')} * 800000000) AS took_ns,
      lower(hex(bitXor(sipHash64(${seed}, t), n))) AS id,
      if(n = 0, '', lower(hex(bitXor(sipHash64(${seed}, t), if(n = 1, 0, 1))))) AS parent,
      toUInt32((feature_rank + ${zipf(of('model'), MODELS_OF_FEATURE)} * 7) % ${MODELS}) AS model_rank,
      toInt64(pow(20000, ${of('input')})) AS told_in,
      toInt64(told_in * floor(${of('cached')} * 2) / 2) AS told_cached,
      toInt64(pow(2000, ${of('output')})) AS told_out,
      cityHash64(id) % 50 = 0 AS has_failed,
      multiIf(NOT is_call, map(), has_failed, map('error.type', ['rate_limit_exceeded', 'timeout', '500'][1 + toUInt32(${of('error')} * 3)]),
        map('gen_ai.response.finish_reasons', multiIf(${of('end')} < 0.85, '["stop"]', ${of('end')} < 0.97, '["tool_calls"]', ${of('end')} < 0.99, '["length"]', '["content_filter"]'))) AS ended
    FROM (${tracesSql(shape, day, dayStartMs)}) ARRAY JOIN range(${SPANS_PER_TRACE}) AS n`;
}

const NAMES = `multiIf(is_call, concat('chat model-', toString(model_rank)), n = 0, 'POST /ask', n = 1, concat('invoke_agent ', agent), concat('GET /part/', toString(n)))`;
const AT = (ns: string) => `fromUnixTimestamp64Nano(toInt64(${ns}), 'UTC')`;

/** Atto-dollars a token: 50 nano-dollars for the first model, less for each further one. */
const RATE = "(toDecimal128('0.00000005', 18) * (50 - model_rank))";
const USD = {
  in_uncached: `toDecimal128(told_in - told_cached, 0) * ${RATE}`,
  in_cache_read: `toDecimal128(told_cached, 0) * ${RATE} / 10`,
  out_text: `toDecimal128(told_out, 0) * 4 * ${RATE}`,
};
const COST = Object.values(USD).join(' + ');
const BUCKETS = `map(${Object.entries(USD)
  .map(([bucket, usd]) => `'${bucket}', ${usd}`)
  .join(', ')})`;

const ALIKE =
  'tenant, trace_id, id AS span_id, service, environment, feature, agent, user, session, tags';

/** Inserts the spans of one day; of those that are calls also the charges. */
export function daySql(shape: Shape, day: number): readonly string[] {
  const from = `FROM (${spansSql(shape, day)})`;
  const calls = (value: string) => `if(is_call, ${value}, '')`;
  const span = `INSERT INTO aicost.landing (row_kind, tenant, trace_id, span_id, service, environment, feature, agent, user, session, tags,
      parent_span_id, name, span_kind, start_time, end_time, status_code, span_role, operation, provider, request_model, response_model,
      response_id, input_tokens, output_tokens, usage, attributes, resolved_spans, received_at, writer_id, batch_seq)
    SELECT 'span', ${ALIKE}, parent, ${NAMES}, if(is_call, 'CLIENT', 'INTERNAL'), ${AT('start_ns')}, ${AT('start_ns + took_ns')},
      if(has_failed, 'ERROR', 'UNSET'), if(is_call, 'leaf', 'not_llm'), ${calls("'chat'")}, ${calls("concat('provider-', toString(model_rank % 5))")},
      ${calls("concat('model-', toString(model_rank))")}, ${calls("concat('model-', toString(model_rank))")}, ${calls("concat('chatcmpl-', id)")},
      if(is_call, toUInt64(told_in), NULL), if(is_call, toUInt64(told_out), NULL),
      if(is_call, map('in_uncached', toDecimal128(told_in - told_cached, 9), 'in_cache_read', toDecimal128(told_cached, 9), 'out_text', toDecimal128(told_out, 9)), map()),
      mapConcat(map('http.request.method', 'POST', 'server.address', concat('host-', toString(model_rank))), ended),
      ${SPANS_PER_TRACE}, ${AT('start_ns + took_ns + 1000000000')}, 'bench', ${day * 2 + 1} ${from}`;
  const entry = `INSERT INTO aicost.landing (row_kind, entry_kind, entry_id, tenant, trace_id, span_id, service, environment, feature, agent, user, session, tags,
      role, recorded_at, start_time, provider, model, request_model, response_model, response_id, operation, calls, in_uncached, in_cache_read, out_text,
      basis, list_usd, cost_usd, cost_low_usd, cost_high_usd, cache_priced_calls, cache_saved_usd, cache_missed_usd, bucket_usd, book_version, rules_version, writer_id, batch_seq)
    SELECT 'entry', 'charge', reinterpretAsUUID(sipHash128(id, 'entry')), ${ALIKE}, 'leaf', ${AT('start_ns + took_ns + 1000000000')}, ${AT('start_ns')},
      concat('provider-', toString(model_rank % 5)), concat('model-', toString(model_rank)), concat('model-', toString(model_rank)), concat('model-', toString(model_rank)),
      concat('chatcmpl-', id), 'chat', 1, told_in - told_cached, told_cached, told_out, 'computed', ${COST} AS cost, cost, cost, cost, 1, toDecimal128(told_cached, 0) * ${RATE} - ${USD.in_cache_read}, ${USD.in_uncached} * 9 / 10, ${BUCKETS}, 'bench', '1', 'bench', ${day * 2 + 2}
    ${from} WHERE is_call`;
  return [span, entry];
}
