import { expect, test } from 'vitest';
import { responseType, statusType } from './fixtures/otlp-oracle.ts';
import { encodeStatus, encodeTracesResponse } from './otlp-response.ts';

const LONG = `${'é'.repeat(4000)} 模型`;

test.for<[number, string, object]>([
  [0, '', {}],
  [2, '', { partialSuccess: { rejectedSpans: '2' } }],
  [0, 'a warning', { partialSuccess: { errorMessage: 'a warning' } }],
  [3_000_000_000, LONG, { partialSuccess: { rejectedSpans: '3000000000', errorMessage: LONG } }],
])('a response of %i refused spans and %j reads back', ([rejected, message, expected]) => {
  const bytes = encodeTracesResponse(rejected, message, 'protobuf') as Uint8Array;
  const decoded = responseType.toObject(responseType.decode(bytes), { longs: String });
  expect(decoded).toEqual(expected);
});

test('a response in JSON has the count as a string and no partialSuccess when all was kept', () => {
  expect(encodeTracesResponse(0, '', 'json')).toBe('{}');
  expect(JSON.parse(String(encodeTracesResponse(2, 'why', 'json')))).toEqual({
    partialSuccess: { rejectedSpans: '2', errorMessage: 'why' },
  });
});

test.for<[number, string]>([
  [3, 'found 5, expected a string'],
  [0, ''],
  [16, LONG],
])('a status %i %j reads back in both encodings', ([code, message]) => {
  const decoded = statusType.decode(encodeStatus(code, message, 'protobuf') as Uint8Array);
  expect(statusType.toObject(decoded, { defaults: true })).toEqual({ code, message });
  expect(JSON.parse(String(encodeStatus(code, message, 'json')))).toEqual({ code, message });
});
