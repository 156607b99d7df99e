import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import {
  eventually,
  type StartedCollector,
  startFirstCollector,
  stored,
} from './start-collector.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const GZIP_BOMB_BYTES = 100 * 1024 * 1024;

let collector: StartedCollector;

beforeAll(async () => {
  collector = await startFirstCollector();
});

afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

/** The n-th shell block of the README, pointed at this collector. */
function readmeBlock(n: number): string {
  const blocks = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);
  return blocks[n]!.replaceAll('http://127.0.0.1:4318', collector.url)
    .replaceAll('http://127.0.0.1:8123', collector.sqlUrl)
    .replaceAll('.aicost/admin.key', join(collector.dataDir, 'admin.key'));
}

function runShell(script: string): string {
  const env = { ...process.env, AICOST_KEY: collector.key };
  return execFileSync('sh', ['-euc', script], { encoding: 'utf8', env });
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    body: body,
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, text: await response.text() };
}

function request(spans: object[]): string {
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

const SPAN = {
  traceId: '00000000000000000000000000000abc',
  spanId: '0000000000000abc',
  name: 'GET /',
  startTimeUnixNano: '1787227200000000000',
  endTimeUnixNano: '1787227200000000001',
};

describe('sixty seconds to a priced span, as the README tells it', () => {
  it('answers with the exact cost in the breakdown, and with the same sum by SQL', async () => {
    const answer = await eventually(
      async () => runShell(readmeBlock(1)),
      // What is provisional is asked after the rows, and may see the span first.
      (text) => text.includes('"rows":[{'),
    );
    const { rows } = JSON.parse(answer.slice(answer.indexOf('{"rows"')));
    expect(rows).toMatchObject([{ model: 'gpt-4o-2024-08-06', calls: 1, cost_usd: '0.007' }]);
    // SQL asks another table.
    await stored(collector);
    expect(runShell(readmeBlock(2)).trim()).toBe('0.007');
  });

  it('changes nothing when the same request is sent again', async () => {
    for (let i = 0; i < 3; i++) {
      runShell(readmeBlock(1));
    }
    const spans = await eventually(
      () => collector.sql("SELECT count() FROM spans WHERE name = 'chat gpt-4o'"),
      (text) => text !== '1',
      2_500,
    );
    expect(spans).toBe('1');
    const { body } = await collector.getJson(`/api/v1/costs/breakdown?${DAY}&by=model`);
    expect(body).toMatchObject({ totals: { calls: 1, cost_usd: '0.007' } });
    expect(await collector.sql('SELECT sum(cost_usd), sum(calls) FROM cost_hourly')).toBe(
      '0.007\t1',
    );
    expect(await collector.sql('SELECT sum(cost_usd), sum(calls) FROM cost_daily')).toBe(
      '0.007\t1',
    );
  });
});

describe('a request that is not all well', () => {
  it('keeps the good span and reports the broken one', async () => {
    const broken = { ...SPAN, spanId: 'xyz' };
    const { status, text } = await post(request([SPAN, broken]));
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
    expect(JSON.parse(text).partialSuccess.errorMessage).toContain('span_id');
    const stored = await eventually(
      () => collector.sql(`SELECT count() FROM spans WHERE trace_id = '${SPAN.traceId}'`),
      (count) => count === '1',
    );
    expect(stored).toBe('1');
    const whole = `SELECT * FROM spans WHERE trace_id = '${SPAN.traceId}' FORMAT JSONEachRow`;
    const row = JSON.parse(await collector.sql(whole));
    expect(row).toMatchObject({ span_id: SPAN.spanId, parent_span_id: '', attributes: {} });
  });

  it('succeeds when it is empty', async () => {
    expect(await post('{}')).toEqual({ status: 200, text: '{}' });
    expect((await post('', { 'content-type': 'application/x-protobuf' })).status).toBe(200);
  });

  const bomb = gzipSync(Buffer.alloc(GZIP_BOMB_BYTES));
  test.for<[string, number, string | Uint8Array<ArrayBuffer>, Record<string, string>]>([
    ['a wrong key', 401, '{}', { 'x-api-key': 'aicost_aaaaaaaaaa_wrongwrongwrongwrong' }],
    ['no key', 401, '{}', { 'x-api-key': '' }],
    ['a gzip bomb of 100 MB', 413, bomb, { 'content-encoding': 'gzip' }],
    [
      'protobuf that is cut off',
      400,
      Uint8Array.of(0x0a, 0x7f, 0x01),
      { 'content-type': 'application/x-protobuf' },
    ],
    ['JSON that is cut off', 400, '{"resourceSpans":[', {}],
    ['a wrong content type', 415, '{}', { 'content-type': 'text/plain' }],
    ['gzip that is not gzip', 400, 'plain', { 'content-encoding': 'gzip' }],
  ])(
    'gets its proper answer and leaves the process well: %s',
    async ([, status, body, headers]) => {
      expect((await post(body, headers)).status).toBe(status);
      expect((await fetch(`${collector.url}/healthz`)).status).toBe(200);
      expect((await fetch(`${collector.url}/readyz`)).status).toBe(200);
    },
  );

  it('is told that its key lacks the scope', async () => {
    const created = await fetch(`${collector.url}/api/v1/admin/keys`, {
      method: 'POST',
      headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'default', scopes: ['read'] }),
    });
    const { key } = (await created.json()) as { key: string };
    expect((await post('{}', { 'x-api-key': key })).status).toBe(403);
  });
});

describe('an OpenTelemetry SDK pointed at the collector', () => {
  test.for([
    ['protobuf', 'none', ProtobufExporter],
    ['protobuf', 'gzip', ProtobufExporter],
    ['JSON', 'none', JsonExporter],
    ['JSON', 'gzip', JsonExporter],
  ] as const)('delivers spans as %s, compression %s', async ([format, compression, Exporter]) => {
    const name = `sdk ${format} ${compression}`;
    const exporter = new Exporter({
      url: `${collector.url}/v1/traces`,
      headers: { 'x-api-key': collector.key },
      compression: compression as CompressionAlgorithm,
    });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'sdk-test' }),
      // The two exporters are of releases that name the same interface in different packages.
      spanProcessors: [new SimpleSpanProcessor({ exporter: exporter as unknown as SpanExporter })],
    });
    provider.getTracer('test').startSpan(name).end();
    await provider.shutdown();
    const stored = await eventually(
      () => collector.sql(`SELECT service FROM spans WHERE name = '${name}'`),
      (text) => text !== '',
    );
    expect(stored).toBe('sdk-test');
  });
});

describe('the operator', () => {
  it('cannot write through SQL: the ledger is written through the journal alone', async () => {
    expect(await collector.sql('TRUNCATE TABLE ledger')).toMatch(/READONLY|Code: 164/);
    expect(await collector.sql('SELECT sum(calls) FROM ledger')).toBe('1');
  });

  it('finds the page, the metrics and the API document', async () => {
    const page = await (await fetch(`${collector.url}/`)).text();
    expect(page).toContain('<!doctype html>');
    const metrics = await (await fetch(`${collector.url}/metrics`)).text();
    expect(metrics).toMatch(/^aicost_spans_accepted_total [1-9]/m);
    expect((await collector.getJson('/openapi.json')).body).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\./),
    });
  });

  it('does not find the key in the log or the process list after it was shown once', () => {
    expect(collector.output().split(collector.key).length - 1).toBe(1);
    const arguments_ = readFileSync(`/proc/${collector.pid}/cmdline`, 'utf8');
    expect(arguments_).not.toContain(collector.key);
  });
});
