import { expect, test } from 'vitest';
import { responseType, statusType } from './fixtures/otlp-oracle.ts';
import { encodeExportResponse, encodeStatus } from './otlp-response.ts';

const LONG = `${'é'.repeat(4000)} 模型`;

test.for<[number, string, object]>([
  [0, '', {}],
  [2, '', { partialSuccess: { rejectedSpans: '2' } }],
  [0, 'a warning', { partialSuccess: { errorMessage: 'a warning' } }],
  [3_000_000_000, LONG, { partialSuccess: { rejectedSpans: '3000000000', errorMessage: LONG } }],
])('a response of %i refused spans and %j reads back', ([rejected, message, expected]) => {
  const outcome = { signal: 'traces', rejected, message } as const;
  const bytes = encodeExportResponse(outcome, 'protobuf') as Uint8Array;
  const decoded = responseType.toObject(responseType.decode(bytes), { longs: String });
  expect(decoded).toEqual(expected);
});

test.for([
  ['traces', 'rejectedSpans'],
  ['logs', 'rejectedLogRecords'],
  ['metrics', 'rejectedDataPoints'],
] as const)(
  'a response to %s in JSON has %s as a string, and no partialSuccess when all was kept',
  ([signal, name]) => {
    expect(encodeExportResponse({ signal, rejected: 0, message: '' }, 'json')).toBe('{}');
    const partial = encodeExportResponse({ signal, rejected: 2, message: 'why' }, 'json');
    expect(JSON.parse(String(partial))).toEqual({
      partialSuccess: { [name]: '2', errorMessage: 'why' },
    });
  },
);

test.for<[number, string]>([
  [3, 'found 5, expected a string'],
  [0, ''],
  [16, LONG],
])('a status %i %j reads back in both encodings', ([code, message]) => {
  const decoded = statusType.decode(encodeStatus(code, message, 'protobuf') as Uint8Array);
  expect(statusType.toObject(decoded, { defaults: true })).toEqual({ code, message });
  expect(JSON.parse(String(encodeStatus(code, message, 'json')))).toEqual({ code, message });
});
