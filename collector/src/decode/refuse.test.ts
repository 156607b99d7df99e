import { describe, expect, test } from 'vitest';
import { decodeTracesProtobuf } from './decode-protobuf.ts';
import { requestType } from './fixtures/otlp-oracle.ts';
import { describeRefusals, type Refusal, refusalOf } from './refuse.ts';

const NOW_NS = 1_787_227_200_000_000_000n;
const DAY_NS = 86_400_000_000_000n;
const LIMITS = { attributesMax: 3, valueBytesMax: 200, nameBytesMax: 50 };
const GOOD = {
  traceId: Buffer.alloc(16, 1),
  spanId: Buffer.alloc(8, 2),
  name: 'chat',
  startTimeUnixNano: String(NOW_NS),
  endTimeUnixNano: String(NOW_NS + 1n),
};

function see(fields: Record<string, unknown>, resource: Record<string, unknown> = {}) {
  const spans = [{ ...GOOD, ...fields }];
  const message = requestType.fromObject({
    resourceSpans: [{ resource, scopeSpans: [{ spans }] }],
  });
  const seen: (Refusal | undefined)[] = [];
  decodeTracesProtobuf(requestType.encode(message).finish(), {
    span: (view) => seen.push(refusalOf(view, NOW_NS, LIMITS)),
  });
  expect(seen).toHaveLength(1);
  return seen[0];
}

const attribute = (key: string, stringValue = 'v') => ({ key, value: { stringValue } });
const attributes = (count: number) => Array.from({ length: count }, (_, i) => attribute(`k${i}`));

describe('a span is refused', () => {
  test.for<[Record<string, unknown>, string, string]>([
    [{ traceId: Buffer.alloc(15, 1) }, 'trace_id_invalid', 'expected 16 non-zero bytes, found 15'],
    [{ traceId: Buffer.alloc(16) }, 'trace_id_invalid', 'expected 16 non-zero bytes, found zeros'],
    [{ traceId: Buffer.alloc(0) }, 'trace_id_invalid', 'expected 16 non-zero bytes, found none'],
    [{ spanId: Buffer.alloc(8) }, 'span_id_invalid', 'expected 8 non-zero bytes, found zeros'],
    [{ spanId: Buffer.alloc(16, 1) }, 'span_id_invalid', 'expected 8 non-zero bytes, found 16'],
    [
      { parentSpanId: Buffer.alloc(7, 1) },
      'parent_span_id_invalid',
      'expected none or 8 bytes, found 7',
    ],
    [{ startTimeUnixNano: 0 }, 'start_time_zero', 'start_time 0'],
    [
      { startTimeUnixNano: String(NOW_NS + DAY_NS + 1n) },
      'start_time_ahead',
      'more than 24 h ahead',
    ],
    [{ startTimeUnixNano: String(2n ** 64n - 1n) }, 'start_time_ahead', 'more than 24 h ahead'],
    [{ attributes: attributes(4) }, 'attributes_over_limit', 'more than 3 attributes'],
    [
      { attributes: [attribute('k', 'v'.repeat(201))] },
      'value_over_limit',
      'longer than 200 bytes',
    ],
    [{ name: 'n'.repeat(51) }, 'name_over_limit', 'longer than 50 bytes'],
  ])('with %j: %s', ([fields, code, text]) => {
    const refusal = see(fields);
    expect(refusal?.code).toBe(code);
    expect(refusal?.text).toContain(text);
  });

  test('for its resource too, which it cannot be stored without', () => {
    expect(see({}, { attributes: attributes(4) })?.text).toBe('more than 3 resource attributes');
  });
});

test.for<[Record<string, unknown>]>([
  [{}],
  [{ parentSpanId: Buffer.alloc(8) }],
  [{ startTimeUnixNano: String(NOW_NS + DAY_NS) }],
  [{ startTimeUnixNano: 1 }],
  [{ endTimeUnixNano: String(NOW_NS - 1n) }],
  [{ attributes: attributes(3) }],
  [{ attributes: [attribute('k', 'v'.repeat(200))] }],
  [{ name: 'n'.repeat(50) }],
])('a span with %j is kept', ([fields]) => {
  expect(see(fields)).toBeUndefined();
});

test('refusals are counted in one message, most frequent first', () => {
  const counts = new Map([
    ['start_time 0', 1],
    ['invalid trace_id (expected 16 non-zero bytes, found 15)', 2],
  ]);
  expect(describeRefusals(counts, 'span')).toBe(
    '3 spans refused: 2 invalid trace_id (expected 16 non-zero bytes, found 15), 1 start_time 0',
  );
  expect(describeRefusals(new Map([['start_time 0', 1]]), 'span')).toBe(
    '1 span refused: 1 start_time 0',
  );
  expect(describeRefusals(new Map(), 'span')).toBe('');
});
