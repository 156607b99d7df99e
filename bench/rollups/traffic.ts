/**
 * Made traffic: one UTC day of LLM calls of one tenant, as rows of the landing table. A function of
 * its seed alone, computed inside the engine, so that every scheme gets the same rows.
 */
import type { Engine } from './engine.ts';

/** `correlated`: a prompt belongs to a feature, a feature to a service. `independent`: the worst case. */
export type Shape = 'correlated' | 'independent';

export interface Segment {
  readonly rows: number;
  /** Days after 2026-08-01. */
  readonly day: number;
  readonly seed: number;
  readonly shape: Shape;
  /** `false`: every second row is the span whose entry follows it. */
  readonly entriesOnly: boolean;
}

const FIRST_DAY_UNIX_S = 1_785_542_400;
const NANOS_PER_DAY = 86_400_000_000_000n;

/** What the journal's writer sets: one thread, one block, one part in each target. */
export const INSERT_SETTINGS =
  'async_insert=0, max_insert_threads=1, min_insert_block_size_rows=1000000, ' +
  'min_insert_block_size_bytes=1000000000, materialized_views_ignore_errors=0';

const CARDINALITIES: Readonly<Record<Shape, string>> = {
  correlated: `toUInt16(200 * pow(r1, 2)) AS prompt_no, prompt_no % 30 AS feature_no,
    feature_no % 10 AS service_no, (prompt_no * 7 + multiIf(r2 < 0.8, 0, r2 < 0.95, 1, 2)) % 20 AS model_no,
    toUInt16(1000 * pow(r3, 2)) AS user_no`,
  independent: `toUInt16(200 * r1) AS prompt_no, toUInt16(30 * r2) AS feature_no,
    toUInt16(10 * r4) AS service_no, toUInt16(20 * r5) AS model_no, toUInt16(1000 * r3) AS user_no`,
};

/** The calls of a segment, one row each, with everything the landing row is made from. */
function callsSql({ rows, day, seed, shape, entriesOnly }: Segment): string {
  const random = [1, 2, 3, 4, 5, 6]
    .map((n) => `cityHash64(i, ${seed}, ${n}) / 18446744073709551616. AS r${n}`)
    .join(', ');
  const dayStart = BigInt(FIRST_DAY_UNIX_S) * 1_000_000_000n + BigInt(day) * NANOS_PER_DAY;
  const spacing = NANOS_PER_DAY / BigInt(rows);
  return `SELECT number, ${entriesOnly ? 'number' : 'intDiv(number, 2)'} AS i,
    ${entriesOnly ? 'false' : 'number % 2 = 0'} AS is_span, ${random}, ${CARDINALITIES[shape]},
    fromUnixTimestamp64Nano(toInt64(${dayStart} + number * ${spacing}), 'UTC') AS at,
    200 + toUInt32(4000 * pow(r6, 3)) AS input, if(r4 < 0.4, intDiv(input, 2), 0) AS cached,
    50 + toUInt32(900 * r5) AS output,
    CAST(input * 25 + output * 100, 'Decimal(38, 18)') * (1 + model_no) / 10000000 AS usd
  FROM numbers(${rows})`;
}

/** Landing columns and the expression of each; columns not named here take their defaults. */
const COLUMNS: Readonly<Record<string, string>> = {
  row_kind: "if(is_span, 'span', 'entry')",
  tenant: "'acme'",
  trace_id: 'lower(hex(MD5(toString(cityHash64(intDiv(i, 6), SEED)))))',
  span_id: 'lower(hex(cityHash64(i, SEED)))',
  parent_span_id: 'lower(hex(cityHash64(i, SEED, 9)))',
  name: "concat('chat model-', toString(model_no))",
  span_kind: "'CLIENT'",
  start_time: 'at',
  end_time: 'at + toIntervalMillisecond(output * 9)',
  service: "concat('service-', toString(service_no))",
  environment: "if(r6 < 0.95, 'production', 'staging')",
  scope_name: "'opentelemetry.instrumentation.openai'",
  resource_attributes: `if(is_span, map('service.name', service, 'service.version', '1.42.0',
    'telemetry.sdk.language', 'nodejs', 'host.name', concat('pod-', toString(i % 50))), map())`,
  attributes: `if(is_span, map('gen_ai.operation.name', 'chat', 'gen_ai.provider.name', provider,
    'gen_ai.request.model', model, 'gen_ai.response.model', model, 'gen_ai.response.id', response_id,
    'gen_ai.usage.input_tokens', toString(input), 'gen_ai.usage.output_tokens', toString(output),
    'gen_ai.request.temperature', '0.7', 'gen_ai.request.max_tokens', '1024',
    'server.address', 'api.example.com', 'user.id', user), map())`,
  content_hash: 'cityHash64(i, SEED, 8)',
  dialect: "'otel-genai'",
  operation: "if(r1 < 0.95, 'chat', 'embeddings')",
  provider: "concat('provider-', toString(model_no % 4))",
  request_model: 'model',
  response_model: 'model',
  response_id: "concat('chatcmpl-', hex(cityHash64(i, SEED, 7)))",
  span_role: "'leaf'",
  usage:
    "if(is_span, map('in_uncached', toDecimal128(input - cached, 9), 'out_text', toDecimal128(output, 9)), map())",
  input_tokens: 'input',
  output_tokens: 'output',
  user: "concat('user-', toString(user_no))",
  session: "concat('session-', toString(intDiv(i, 20)))",
  feature: "concat('feature-', toString(feature_no))",
  agent: "concat('agent-', toString(feature_no % 5))",
  prompt: "concat('prompt-', toString(prompt_no))",
  received_at: 'at + toIntervalSecond(5)',
  writer_id: "'writer-1'",
  entry_id: 'reinterpretAsUUID(MD5(toString(cityHash64(i, SEED, 6))))',
  entry_kind: "'charge'",
  recorded_at: 'at + toIntervalSecond(5)',
  role: "'leaf'",
  model: "concat('model-', toString(model_no))",
  calls: '1',
  in_uncached: 'input - cached',
  in_cache_read: 'if(cached = 0, NULL, cached)',
  out_text: 'output',
  requests: '1',
  basis: "'computed'",
  list_usd: 'usd',
  cost_usd: 'usd',
  cost_low_usd: 'usd',
  cost_high_usd: 'usd',
  book_version: "'2026-08-01'",
  rules_version: "'1'",
};

/** Writes the segment as a file of Native blocks and nothing else, as the journal does. */
export async function writeSegment(engine: Engine, segment: Segment, path: string) {
  const seeded = (expression: string) => expression.replaceAll('SEED', String(segment.seed));
  const values = Object.entries(COLUMNS).map(([name, sql]) => `${seeded(sql)} AS ${name}`);
  await engine.run('CREATE DATABASE IF NOT EXISTS traffic');
  await engine.run('CREATE TABLE traffic.stage AS plain.landing ENGINE = Memory');
  const names = Object.keys(COLUMNS).join(', ');
  await engine.run(
    `INSERT INTO traffic.stage (${names}) SELECT ${values.join(', ')} FROM (${callsSql(segment)})`,
  );
  await engine.run(`INSERT INTO FUNCTION file('${path}', 'Native') SELECT * FROM traffic.stage
    ORDER BY start_time SETTINGS engine_file_truncate_on_insert = 1, max_threads = 1`);
  await engine.run('DROP TABLE traffic.stage SYNC');
}

/** A segment's rows under a batch number: the files are reused, the numbers are not. */
export function segmentRows(path: string, batchSeq: number): string {
  return `(SELECT * REPLACE (toUInt64(${batchSeq}) AS batch_seq) FROM file('${path}', 'Native'))`;
}

/** The one statement by which the writer gives a sealed segment to the engine. */
export function insertSegmentSql(database: string, path: string, batchSeq: number): string {
  return `INSERT INTO ${database}.landing SELECT * FROM ${segmentRows(path, batchSeq)} SETTINGS ${INSERT_SETTINGS}`;
}
