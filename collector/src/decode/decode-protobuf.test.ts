import { describe, expect, test } from 'vitest';
import { DEFAULT_DECODE_LIMITS } from './decode-error.ts';
import { decodeTracesProtobuf } from './decode-protobuf.ts';
import { oracleSpans, type PlainSpan, plainSpan, requestType } from './fixtures/otlp-oracle.ts';
import { referenceRequest } from './fixtures/reference-payload.ts';
import { SpanView } from './span-view.ts';

/** `field(2, 'x')`: a length-delimited field; numbers are varint fields. */
function field(number: number, content: Uint8Array | string | number): Buffer {
  if (typeof content === 'number') return Buffer.of(number * 8, content);
  const body = Buffer.from(content as Uint8Array);
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), body]);
}

const join = (...parts: Uint8Array[]) => Buffer.concat(parts);
const textValue = (value: string) => field(1, value);
const keyValue = (key: string, value: Uint8Array) => join(field(1, key), field(2, value));
const requestOf = (...spanFields: Uint8Array[]) =>
  field(1, field(2, field(2, join(...spanFields))));

function spansOf(bytes: Uint8Array): PlainSpan[] {
  const spans: PlainSpan[] = [];
  const outcome = decodeTracesProtobuf(bytes, { span: (view) => spans.push(plainSpan(view)) });
  if (!outcome.ok) throw outcome.error;
  return spans;
}

function messageOf(bytes: Uint8Array): string {
  const outcome = decodeTracesProtobuf(bytes, { span: () => expect.fail('a span was shown') });
  return outcome.ok ? 'accepted' : outcome.error.message;
}

describe('decodeTracesProtobuf', () => {
  test('reads the reference payload as protobufjs does', () => {
    const message = requestType.fromObject(referenceRequest(3));
    const bytes = requestType.encode(message).finish();
    expect(spansOf(bytes)).toEqual(oracleSpans(bytes));
  });

  test('reads an empty request as no spans', () => {
    expect(spansOf(new Uint8Array(0))).toEqual([]);
  });

  test.for<[string, Buffer, Partial<PlainSpan>]>([
    [
      'a resource and a scope that follow their spans',
      field(
        1,
        join(
          field(2, join(field(2, field(5, 'late')), field(1, field(1, 'scope')))),
          field(1, field(1, keyValue('service.name', textValue('s')))),
        ),
      ),
      { name: 'late', scope: ['scope', '', []], resource: [['service.name', ['string', 's']]] },
    ],
    [
      'two resources of one envelope joined',
      field(
        1,
        join(
          field(1, field(1, keyValue('a', textValue('1')))),
          field(2, field(2, field(5, 'n'))),
          field(1, field(1, keyValue('b', textValue('2')))),
        ),
      ),
      {
        resource: [
          ['a', ['string', '1']],
          ['b', ['string', '2']],
        ],
      },
    ],
    [
      'two statuses joined, the last scalar counts',
      requestOf(field(15, join(field(2, 'm'), field(3, 1))), field(15, field(3, 2))),
      { status: [2, 'm'] },
    ],
    [
      'a value before its key',
      requestOf(field(9, join(field(2, textValue('v')), field(1, 'k')))),
      { attributes: [['k', ['string', 'v']]] },
    ],
    [
      'the last member of a value',
      requestOf(field(9, keyValue('k', join(textValue('v'), field(3, 7))))),
      { attributes: [['k', ['int', 7n]]] },
    ],
    [
      'an array in two parts, joined',
      requestOf(
        field(
          9,
          keyValue(
            'k',
            join(field(5, field(1, textValue('a'))), field(5, field(1, textValue('b')))),
          ),
        ),
      ),
      {
        attributes: [
          [
            'k',
            [
              'array',
              [
                ['string', 'a'],
                ['string', 'b'],
              ],
            ],
          ],
        ],
      },
    ],
    [
      'an array that a string between its parts has cleared',
      requestOf(
        field(
          9,
          keyValue(
            'k',
            join(
              field(5, field(1, textValue('a'))),
              textValue('s'),
              field(5, field(1, textValue('b'))),
            ),
          ),
        ),
      ),
      { attributes: [['k', ['array', [['string', 'b']]]]] },
    ],
    [
      "profiling's string_value_strindex and key_strindex as absent",
      requestOf(field(9, join(field(3, 5), field(2, field(8, 3))))),
      { attributes: [['', ['empty', null]]] },
    ],
    [
      'both occurrences of a key, in order',
      requestOf(field(9, keyValue('k', textValue('1'))), field(9, keyValue('k', textValue('2')))),
      {
        attributes: [
          ['k', ['string', '1']],
          ['k', ['string', '2']],
        ],
      },
    ],
  ])('reads %s', ([, bytes, expected]) => {
    const spans = spansOf(bytes);
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject(expected);
    expect(spans).toEqual(oracleSpans(bytes));
  });

  test('shows ids of a wrong length as they are, so that their span alone is refused', () => {
    expect(spansOf(requestOf(field(1, 'short'), field(2, 'longer than 8')))[0]).toMatchObject({
      traceId: Buffer.from('short').toString('hex'),
      spanId: Buffer.from('longer than 8').toString('hex'),
    });
  });

  test.for<[string, Uint8Array, string]>([
    [
      'a cut',
      requestOf(field(5, 'name')).subarray(0, 8),
      'resourceSpans[0]: a length of 10 where 6',
    ],
    [
      'a text that is not UTF-8',
      field(1, field(2, join(field(2, field(5, 'ok')), field(2, field(5, Buffer.of(0x61, 0xff)))))),
      'resourceSpans[0].scopeSpans[0].spans[1].name: a string must be valid UTF-8 (byte 15)',
    ],
    [
      'a key that is not UTF-8',
      requestOf(field(9, field(1, Buffer.of(0xc0, 0x80)))),
      'resourceSpans[0].scopeSpans[0].spans[0].attributes[0].key: a string must be valid UTF-8',
    ],
    [
      'an end-group tag',
      requestOf(Buffer.of(0x9c, 0x06)),
      'spans[0]: an end-group tag without its start',
    ],
    ['field number 0', Buffer.of(0x02, 0x00), 'request: field number 0 is not allowed'],
    [
      'groups opened without end',
      Buffer.alloc(200_000, Buffer.of(0x9b, 0x06)),
      'request: messages may nest 100 deep',
    ],
    [
      'a group that is not ended',
      Buffer.of(0x9b, 0x06, 0x08, 0x01),
      'request: the message ends inside',
    ],
  ])('refuses %s, naming the place', ([, bytes, expected]) => {
    expect(messageOf(bytes)).toContain(expected);
  });

  test.for([
    ['array', 5],
    ['kvlist', 6],
  ] as const)('follows an attribute nested in %s to depth 100 and refuses 101', ([, number]) => {
    // Request, ResourceSpans, ScopeSpans, Span, KeyValue, AnyValue: the value is at depth 5.
    const nested = (depth: number): Uint8Array => {
      let value: Uint8Array = textValue('x');
      for (let at = 5; at < depth; at += number === 5 ? 2 : 3) {
        value = field(number, field(1, number === 5 ? value : keyValue('k', value)));
      }
      return requestOf(field(9, keyValue('k', value)));
    };
    const outcomes = Array.from({ length: 12 }, (_, i) => {
      const bytes = nested(92 + i);
      const accepted = decodeTracesProtobuf(bytes, { span: () => undefined }).ok;
      expect(accepted, `depth ${92 + i}`).toBe(isAccepted(bytes));
      return accepted;
    });
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });

  test('keeps only so many attributes of a span and says how many there were', () => {
    const bytes = requestOf(
      ...Array.from({ length: 5 }, () => field(9, keyValue('k', textValue('v')))),
    );
    const limits = { ...DEFAULT_DECODE_LIMITS, attributesMax: 2 };
    const counts: number[] = [];
    decodeTracesProtobuf(
      bytes,
      { span: ({ attributes }) => counts.push(attributes.count, attributes.total) },
      limits,
    );
    expect(counts).toEqual([2, 5]);
  });

  test('refuses a request of too many spans', () => {
    const bytes = field(1, field(2, join(field(2, ''), field(2, ''))));
    const outcome = decodeTracesProtobuf(
      bytes,
      { span: () => expect.fail('a span was shown') },
      { ...DEFAULT_DECODE_LIMITS, recordsMax: 1 },
    );
    expect(outcome).toMatchObject({ ok: false, error: { code: 'too_many_records' } });
  });

  test('forgets the span before: a reused view shows absent fields as absent', () => {
    const view = new SpanView();
    const full = requestType.encode(requestType.fromObject(referenceRequest(1))).finish();
    decodeTracesProtobuf(full, { span: () => undefined }, DEFAULT_DECODE_LIMITS, view);
    const spans: PlainSpan[] = [];
    const sink = { span: (shown: SpanView) => spans.push(plainSpan(shown)) };
    decodeTracesProtobuf(requestOf(), sink, DEFAULT_DECODE_LIMITS, view);
    expect(spans).toEqual(oracleSpans(requestOf()));
  });

  test('reads bytes that lie anywhere in a larger buffer', () => {
    const bytes = requestType.encode(requestType.fromObject(referenceRequest(1))).finish();
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    expect(spansOf(larger.subarray(3, 3 + bytes.length))).toEqual(oracleSpans(bytes));
  });

  test('lets an error of the sink through', () => {
    const sink = {
      span: () => {
        throw new Error('full');
      },
    };
    expect(() => decodeTracesProtobuf(requestOf(), sink)).toThrow('full');
  });
});

function isAccepted(bytes: Uint8Array): boolean {
  try {
    oracleSpans(bytes);
    return true;
  } catch {
    return false;
  }
}
