/** One request in both encodings shows the same spans: protobuf is turned to JSON by protobufjs. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTracesJson } from './decode-json.ts';
import { decodeTracesProtobuf } from './decode-protobuf.ts';
import { plainLog } from './fixtures/logs-oracle.ts';
import { logsRequestType, type PlainSpan, plainSpan, requestType } from './fixtures/otlp-oracle.ts';
import { VALID_ODDITY, WireGenerator } from './fixtures/wire-generator.ts';
import type { LogSink } from './log-view.ts';
import { decodeLogsJson, decodeLogsProtobuf } from './test-decode-logs.ts';

const runs = Number(process.env['AICOST_FUZZ_RUNS'] ?? 1000);

const JSON_OPTIONS = { longs: String, bytes: String, enums: Number, json: true } as const;

/** protobufjs writes base64 for all bytes; OTLP wants hexadecimal for ids. */
function withHexIds(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withHexIds(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withHexIds(v, k)]));
  }
  const isId = typeof value === 'string' && ['traceId', 'spanId', 'parentSpanId'].includes(key);
  return isId ? Buffer.from(value, 'base64').toString('hex') : value;
}

test('the same request in JSON and in protobuf shows the same spans', {
  timeout: 60_000 + runs * 20,
}, () => {
  let compared = 0;
  const property = fc.property(fc.integer(), (seed) => {
    const bytes = new WireGenerator(seed, VALID_ODDITY).request();
    const fromProtobuf: PlainSpan[] = [];
    const fromJson: PlainSpan[] = [];
    const sink = (into: PlainSpan[]) => ({ span: (view: never) => into.push(plainSpan(view)) });
    if (!decodeTracesProtobuf(bytes, sink(fromProtobuf)).ok) return;
    const plain = requestType.toObject(requestType.decode(bytes), JSON_OPTIONS);
    const json = Buffer.from(JSON.stringify(withHexIds(plain)));
    expect(decodeTracesJson(json, sink(fromJson))).toMatchObject({ ok: true });
    expect(fromJson).toEqual(fromProtobuf);
    compared += fromJson.length;
  });
  fc.assert(property, { numRuns: runs });
  expect(compared).toBeGreaterThan(runs / 10);
});

test('the same request in JSON and in protobuf shows the same log records', {
  timeout: 60_000 + runs * 20,
}, () => {
  let compared = 0;
  const property = fc.property(fc.integer(), (seed) => {
    const bytes = new WireGenerator(seed, VALID_ODDITY).request('LogsRequest');
    const fromProtobuf: object[] = [];
    const fromJson: object[] = [];
    const sink = (into: object[]): LogSink => ({ log: (view) => void into.push(plainLog(view)) });
    if (!decodeLogsProtobuf(bytes, sink(fromProtobuf)).ok) return;
    const plain = logsRequestType.toObject(logsRequestType.decode(bytes), JSON_OPTIONS);
    const json = Buffer.from(JSON.stringify(withHexIds(plain)));
    expect(decodeLogsJson(json, sink(fromJson))).toMatchObject({ ok: true });
    expect(fromJson).toEqual(fromProtobuf);
    compared += fromJson.length;
  });
  fc.assert(property, { numRuns: runs });
  expect(compared).toBeGreaterThan(runs / 10);
});

test('an unknown body never throws', { timeout: 60_000 + runs * 20 }, () => {
  const property = fc.property(fc.json(), fc.constantFrom('', 'x', '"'), (json, tail) => {
    const outcome = decodeTracesJson(Buffer.from(json + tail), { span: () => undefined });
    expect(typeof outcome.ok).toBe('boolean');
  });
  fc.assert(property, { numRuns: runs });
});
