/**
 * A real collector tells of itself: every declared metric changes when its cause happens, and its own work arrives as
 * spans at the OTLP endpoint that --self-traces names, with nothing of what senders wrote.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  oracleSpans,
  type PlainSpan,
} from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';
import { METRICS, type MetricName } from '@ai-cost-profiler/collector/metrics.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';
import { listFiles, readText } from './tidy/repository-files.ts';

const SECRET_TEXT = 'nobody but its sender should read this';
let collector: StartedCollector;
let sink: Server;
const ownSpans: PlainSpan[] = [];
let before: Samples;
let after: Samples;

/** Values by series, as they are printed. */
type Samples = ReadonlyMap<string, number>;

async function scrape(): Promise<Samples> {
  const response = await fetch(`${collector.url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

const attributes = (values: Record<string, string | number>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

const span = (id: number, model: string, more: object = {}) => ({
  traceId: id.toString(16).padStart(32, 'a'),
  spanId: id.toString(16).padStart(16, 'b'),
  name: 'chat',
  startTimeUnixNano: '1787227200000000000',
  endTimeUnixNano: '1787227201000000000',
  attributes: attributes({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 10,
    'gen_ai.input.messages': SECRET_TEXT,
  }),
  ...more,
});

async function post(signal: string, body: object | string): Promise<number> {
  const response = await fetch(`${collector.url}/v1/${signal}`, {
    method: 'POST',
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

const traces = (...spans: object[]) =>
  post('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });

/** The process whose parent is the collector. */
function enginePid(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parentOf = (pid: string) => {
    try {
      return /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    } catch {
      return undefined;
    }
  };
  return Number(pids.find((pid) => parentOf(pid) === String(collector.pid)));
}

async function causeEverything(): Promise<void> {
  await traces(
    span(1, 'gpt-4o-2024-08-06'),
    span(2, 'no-such-model'),
    span(3, 'x', { spanId: 'aa' }),
  );
  await traces(span(1, 'gpt-4o-2024-08-06'));
  expect(await post('traces', '{')).toBe(400);
  const record = (values: Record<string, string | number>) => ({
    timeUnixNano: '1787227200000000000',
    body: { stringValue: 'claude_code.api_request' },
    attributes: attributes(values),
  });
  const logRecords = [
    record({
      'event.name': 'api_request',
      'session.id': 's',
      model: 'claude-sonnet-4-5',
      input_tokens: 9,
    }),
    record({ 'event.name': 'other' }),
  ];
  await post('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const dataPoints = [
    { timeUnixNano: '1787227200000000000', asInt: '7', attributes: attributes({ type: 'input' }) },
  ];
  const sum = { dataPoints, aggregationTemporality: 1, isMonotonic: true };
  const metrics = [
    { name: 'claude_code.token.usage', sum },
    { name: 'other.things', sum },
  ];
  await post('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
}

const sumOf = (samples: Samples, name: string): number =>
  [...samples].reduce(
    (sum, [series, value]) =>
      series === name || series.startsWith(`${name}{`) ? sum + value : sum,
    0,
  );

/** What is counted when it happens here, and the least that it must grow by. */
const GROWS: Partial<Record<MetricName, number>> = {
  aicost_http_requests_total: 5,
  aicost_http_request_seconds: 5,
  aicost_otlp_requests_total: 4,
  aicost_otlp_requests_refused_total: 1,
  aicost_otlp_bytes_total: 1000,
  aicost_ack_seconds: 12,
  aicost_spans_received_total: 4,
  aicost_spans_accepted_total: 2,
  aicost_spans_refused_total: 1,
  aicost_spans_duplicate_total: 1,
  aicost_log_records_total: 2,
  aicost_metric_points_total: 2,
  aicost_calls_priced_total: 1,
  aicost_calls_unpriced_total: 1,
  aicost_journal_sync_seconds: 1,
  aicost_write_seconds: 1,
  aicost_write_batches_total: 1,
  aicost_store_call_seconds: 3,
  aicost_store_errors_total: 1,
  aicost_engine_restarts_total: 1,
  aicost_engine_cpu_seconds_total: 0.01,
  aicost_settle_seconds: 1,
  aicost_settle_traces_total: 1,
  // Usage that a log event alone tells.
  aicost_settle_entries_total: 1,
  aicost_control_totals_total: 1,
};

/** What is read when somebody asks, and what it must be then. */
const READS: Partial<Record<MetricName, (value: number) => boolean>> = {
  // One call of two is of an unknown model.
  aicost_calls_unpriced_ratio: (share) => share > 0 && share < 1,
  aicost_seen_spans: (count) => count >= 3,
  aicost_seen_spans_capacity: (count) => count >= 100_000,
  aicost_seen_oldest_seconds: (age) => age > 0,
  aicost_journal_bytes: (bytes) => bytes >= 0,
  aicost_journal_segments: (count) => count >= 0,
  aicost_journal_oldest_seconds: (age) => age >= 0,
  aicost_journal_sealed_oldest_seconds: (age) => age >= 0,
  aicost_otlp_requests_in_flight: (count) => count >= 0,
  aicost_daily_totals_stale: (days) => days >= 0,
  aicost_daily_totals_builds_total: (count) => count >= 0,
  aicost_daily_totals_pass_seconds: (seconds) => seconds >= 0,
  aicost_daily_totals_failures_total: (count) => count === 0,
  aicost_write_failing_seconds: (age) => age >= 0,
  aicost_write_lag_seconds: (age) => age > 0,
  aicost_engine_up: (up) => up === 1,
  aicost_engine_info: (info) => info === 1,
  aicost_engine_resident_memory_bytes: (bytes) => bytes > 50e6,
  aicost_engine_statements: (count) => count >= 0,
  aicost_engine_parts: (count) => count >= 5,
  aicost_engine_rows: (count) => count >= 5,
  aicost_engine_disk_bytes: (bytes) => bytes > 1000,
  aicost_open_traces: (count) => count >= 0,
  aicost_open_spans: (count) => count >= 0,
  aicost_open_oldest_seconds: (age) => age >= 0,
  aicost_settle_lag_seconds: (age) => age > 0 && age < 3600,
  aicost_settle_owner: (owner) => owner === 1,
  aicost_control_age_seconds: (age) => age >= 0,
  aicost_price_book_age_seconds: (age) => age > 0,
  aicost_build_info: (info) => info === 1,
};

/** What cannot be caused here, with the test of what it counts. */
const PROVEN_BY: Partial<Record<MetricName, string>> = {
  // It would take as many connections as a listener may have.
  aicost_connections_refused_total: 'collector/src/api/listen.test.ts',
  // Nobody set a budget here.
  aicost_budget_evaluations_total: 'collector/src/budgets/alerting.integration.test.ts',
  aicost_budget_failures_total: 'collector/src/budgets/alert-loop.test.ts',
  aicost_budget_pass_seconds: 'collector/src/budgets/alert-loop.test.ts',
  aicost_webhook_pending: 'collector/src/budgets/alerting.integration.test.ts',
  // Of a client that takes nothing.
  aicost_live_events_missed_total: 'collector/src/live/live-hub.test.ts',
};

const countOf = (samples: Samples, name: MetricName): number =>
  sumOf(samples, METRICS[name].kind === 'histogram' ? `${name}_count` : name);

beforeAll(async () => {
  sink = createServer((request, response) => {
    request.toArray().then((chunks) => {
      ownSpans.push(...oracleSpans(Buffer.concat(chunks)));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    }, response.destroy);
  }).listen(0, '127.0.0.1');
  const port = await new Promise<number>((resolve) =>
    sink.once('listening', () => resolve((sink.address() as AddressInfo).port)),
  );
  const endpoint = ['--self-traces', `http://127.0.0.1:${port}`, '--self-traces-ratio', '1'];
  collector = await startCollector([...endpoint, '--settle-after', '1s']);
  before = await scrape();
  await causeEverything();
  await eventually(scrape, (now) => sumOf(now, 'aicost_settle_traces_total') > 0);
  process.kill(enginePid(), 'SIGKILL');
  await fetch(`${collector.url}/readyz`);
  const isOver = (now: Samples) =>
    sumOf(now, 'aicost_engine_restarts_total') > 0 &&
    sumOf(now, 'aicost_engine_up') === 1 &&
    sumOf(now, 'aicost_engine_parts') >= 5 &&
    // The engine is asked every few seconds.
    sumOf(now, 'aicost_engine_cpu_seconds_total') >
      sumOf(before, 'aicost_engine_cpu_seconds_total') + 0.01 &&
    sumOf(now, 'aicost_store_errors_total') > 0 &&
    sumOf(now, 'aicost_control_totals_total') > 0;
  after = await eventually(scrape, isOver, 30_000);
  expect(await collector.stop()).toBe(0);
});

afterAll(() => {
  sink.close();
});

describe('metrics', () => {
  test.for(Object.entries(GROWS) as [MetricName, number][])('%s grows', ([name, least]) => {
    expect(countOf(after, name) - countOf(before, name)).toBeGreaterThanOrEqual(least);
  });

  test.for(Object.entries(READS) as [MetricName, (value: number) => boolean][])(
    '%s is read',
    ([name, isRight]) => {
      const isThere = [...after.keys()].some((series) => series.split('{')[0] === name);
      expect([isThere, isRight(sumOf(after, name))]).toEqual([true, true]);
    },
  );

  test('every metric is in a table here, or has a test that names it', () => {
    const elsewhere = listFiles()
      .filter((path) => path.endsWith('.test.ts'))
      .map(readText)
      .join('\n');
    const missing = Object.keys(METRICS).filter((name) => !elsewhere.includes(name));
    expect(missing).toEqual([]);
    for (const path of Object.values(PROVEN_BY)) expect(listFiles()).toContain(path);
  });
});

test('how the collector is was stored as soon as it had started', () => {
  expect(after.get('aicost_engine_rows{table="collector_health"}')).toBeGreaterThanOrEqual(1);
});

describe('own traces', () => {
  const named = (name: string) => ownSpans.filter((one) => one['name'] === name);

  test('a request is a span with its stages below', () => {
    const requests = named('otlp traces');
    expect(requests.length).toBeGreaterThanOrEqual(2);
    const [request] = requests;
    const below = ownSpans.filter((one) => one['parentSpanId'] === request!['spanId']);
    expect(below.map((one) => one['name']).sort()).toEqual(['decode', 'read', 'sync']);
    expect(below.every((one) => one['traceId'] === request!['traceId'])).toBe(true);
  });

  test.for(['otlp logs', 'settle', 'clickhouse insertNativeFile', 'clickhouse query'])(
    '%s is told',
    (name) => {
      expect(named(name).length).toBeGreaterThan(0);
    },
  );

  test('nothing that a sender wrote is in them', () => {
    const text = JSON.stringify(ownSpans, (_, value) =>
      typeof value === 'bigint' ? String(value) : (value as unknown),
    );
    for (const theirs of [SECRET_TEXT, 'gpt-4o', 'no-such-model', 'aaaaaaaaaa', collector.key]) {
      expect(text).not.toContain(theirs);
    }
  });
});
