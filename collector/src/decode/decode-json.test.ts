import { describe, expect, test } from 'vitest';
import { DEFAULT_DECODE_LIMITS } from './decode-error.ts';
import { decodeTracesJson } from './decode-json.ts';
import { type PlainSpan, plainSpan } from './fixtures/otlp-oracle.ts';
import { refusalOf } from './refuse.ts';

type Json = Record<string, unknown>;

const SPAN = {
  traceId: '5B8EFFF798038103D269B633813FC60C',
  spanId: 'eee19b7ec3c1b174',
  name: 'chat',
  startTimeUnixNano: '1544712660000000000',
};

const requestOf = (...spans: Json[]) =>
  JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const withValue = (value: Json) => requestOf({ ...SPAN, attributes: [{ key: 'k', value }] });

function decode(text: string | Uint8Array) {
  const spans: PlainSpan[] = [];
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const outcome = decodeTracesJson(bytes, { span: (view) => spans.push(plainSpan(view)) });
  return { outcome, spans, message: outcome.ok ? 'accepted' : outcome.error.message };
}

describe('decodeTracesJson reads', () => {
  test('the example of the OTLP specification', () => {
    const { spans } = decode(
      JSON.stringify({
        resourceSpans: [
          {
            resource: {
              attributes: [{ key: 'service.name', value: { stringValue: 'my.service' } }],
            },
            scopeSpans: [
              {
                scope: { name: 'my.library', version: '1.0.0', attributes: [] },
                spans: [{ ...SPAN, parentSpanId: 'EEE19B7EC3C1B173', kind: 2, flags: 257 }],
              },
            ],
          },
        ],
      }),
    );
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      parentSpanId: 'eee19b7ec3c1b173',
      kind: 2,
      flags: 257,
      times: [1544712660000000000n, 0n],
      scope: ['my.library', '1.0.0', []],
      resource: [['service.name', ['string', 'my.service']]],
    });
  });

  test.for<[Json, unknown]>([
    [{ stringValue: '' }, ['string', '']],
    [{ stringValue: 'モデル 🙂\u0000' }, ['string', 'モデル 🙂\u0000']],
    [{ stringValue: 'cut \ud83d' }, ['string', 'cut \ufffd']],
    [{ boolValue: false }, ['bool', false]],
    [{ intValue: 0 }, ['int', 0n]],
    [{ intValue: -1 }, ['int', -1n]],
    [{ intValue: 4294967296 }, ['int', 4294967296n]],
    [{ intValue: '-9223372036854775808' }, ['int', -(2n ** 63n)]],
    [{ intValue: '9223372036854775807' }, ['int', 2n ** 63n - 1n]],
    [{ doubleValue: 1 }, ['double', 1]],
    [{ doubleValue: 'NaN' }, ['double', Number.NaN]],
    [{ doubleValue: '-Infinity' }, ['double', Number.NEGATIVE_INFINITY]],
    [{ doubleValue: '1.5e3' }, ['double', 1500]],
    [{ bytesValue: 'AP8=' }, ['bytes', '00ff']],
    [{ bytesValue: '_-8' }, ['bytes', 'ffef']],
    [{ arrayValue: {} }, ['array', []]],
    [
      { arrayValue: { values: [{ intValue: '1' }, {}] } },
      [
        'array',
        [
          ['int', 1n],
          ['empty', null],
        ],
      ],
    ],
    [
      { kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } },
      ['kvlist', [['a', ['bool', true]]]],
    ],
    [{}, ['empty', null]],
    [{ stringValue: null }, ['empty', null]],
    [{ string_value: 'snake', unknownValue: { deep: [] } }, ['empty', null]],
  ])('the value %j', ([value, expected]) => {
    const { spans, message } = decode(withValue(value));
    expect(message).toBe('accepted');
    expect(spans[0]?.['attributes']).toEqual([['k', expected]]);
  });

  test.for<[string, bigint]>([
    ['1787227200123456789', 1787227200123456789n],
    ['"18446744073709551615"', 18446744073709551615n],
    ['9007199254740993', 9007199254740993n],
    ['0', 0n],
  ])('the time %s exactly, as a number too', ([json, expected]) => {
    const text = requestOf({ ...SPAN, startTimeUnixNano: 'TIME' }).replace('"TIME"', json);
    expect(decode(text).spans[0]?.['times']).toEqual([expected, 0n]);
  });

  test('null, unknown and snake_case fields as absent', () => {
    const { spans } = decode(
      requestOf({
        ...SPAN,
        name: null,
        kind: null,
        end_time_unix_nano: '5',
        status: null,
        x: [[]],
      }),
    );
    expect(spans[0]).toMatchObject({ name: '', kind: 0, times: [1544712660000000000n, 0n] });
  });

  test.for(['{}', '{"resourceSpans":[]}', '{"resourceSpans":null}', '\ufeff{}'])(
    'the request %s as no spans',
    (text) => {
      expect(decode(text)).toMatchObject({ outcome: { ok: true, recordCount: 0 } });
    },
  );

  test('events and links', () => {
    const event = {
      timeUnixNano: '5',
      name: 'e',
      attributes: [{ key: 'k', value: { intValue: 1 } }],
    };
    const link = { traceId: SPAN.traceId, spanId: SPAN.spanId, traceState: 'a=b', flags: 1 };
    const { spans } = decode(requestOf({ ...SPAN, events: [event, {}], links: [link] }));
    expect(spans[0]).toMatchObject({
      events: [
        [5n, 'e', [['k', ['int', 1n]]], 0],
        [0n, '', [], 0],
      ],
      links: [[SPAN.traceId.toLowerCase(), SPAN.spanId, 'a=b', [], 0, 1]],
    });
  });

  test.for(['zz', '5b8', '5b8efff798038103d269b633813fc60', 'é'.repeat(16), ''])(
    'the trace id %j as no id, so that its span alone is refused',
    (traceId) => {
      const codes: unknown[] = [];
      const limits = { attributesMax: 9, valueBytesMax: 99, nameBytesMax: 99 };
      decodeTracesJson(Buffer.from(requestOf({ ...SPAN, traceId }, SPAN)), {
        span: (view) => codes.push(refusalOf(view, 10n ** 19n, limits)?.code),
      });
      expect(codes).toEqual(['trace_id_invalid', undefined]);
    },
  );
});

describe('decodeTracesJson refuses', () => {
  const at = 'resourceSpans[0].scopeSpans[0].spans[1].';
  test.for<[Json, string]>([
    [
      { startTimeUnixNano: 'x' },
      'startTimeUnixNano: found "x", expected an unsigned integer of 64 bits',
    ],
    [{ startTimeUnixNano: -1 }, 'startTimeUnixNano: found -1, expected an unsigned'],
    [{ startTimeUnixNano: 1.5 }, 'startTimeUnixNano: found 1.5, expected an unsigned'],
    [{ endTimeUnixNano: '18446744073709551616' }, 'endTimeUnixNano: found "18446744073709551616"'],
    [{ endTimeUnixNano: {} }, 'endTimeUnixNano: found an object, expected'],
    [
      { kind: 'SPAN_KIND_CLIENT' },
      'kind: found "SPAN_KIND_CLIENT", expected an integer of 32 bits',
    ],
    [{ kind: '3' }, 'kind: found "3", expected an integer of 32 bits'],
    [{ name: 5 }, 'name: found 5, expected a string'],
    [{ traceId: 5 }, 'traceId: found 5, expected a string of hexadecimal digits'],
    [{ flags: -1 }, 'flags: found -1, expected an unsigned integer of 32 bits'],
    [{ attributes: {} }, 'attributes: found an object, expected an array'],
    [{ attributes: [null] }, 'attributes[0]: found null, expected an object'],
    [{ attributes: [{}, { key: 1 }] }, 'attributes[1].key: found 1, expected a string'],
    [{ status: [] }, 'status: found an array, expected an object'],
    [{ status: { code: true } }, 'status.code: found true'],
  ])('a span with %j, naming the path', ([fields, expected]) => {
    const { message, spans } = decode(requestOf(SPAN, { ...SPAN, ...fields }));
    expect(message).toContain(at + expected);
    expect(spans).toEqual([]);
  });

  test.for<[Json, string]>([
    [{ intValue: '9223372036854775808' }, 'intValue: found "9223372036854775808"'],
    [{ intValue: 1.5 }, 'intValue: found 1.5'],
    [{ intValue: '1e3' }, 'intValue: found "1e3"'],
    [{ doubleValue: 'nan' }, 'doubleValue: found "nan"'],
    [{ boolValue: 'true' }, 'boolValue: found "true", expected true or false'],
    [{ bytesValue: '!' }, 'bytesValue: found "!", expected a string of base64'],
    [{ bytesValue: 'AAAAA' }, 'bytesValue: found "AAAAA", expected a string of base64'],
    [{ arrayValue: [] }, 'arrayValue: found an array, expected an object'],
    [{ arrayValue: { values: [1] } }, 'arrayValue.values[0]: found 1, expected an object'],
  ])('the value %j', ([value, expected]) => {
    expect(decode(withValue(value)).message).toContain(`attributes[0].value.${expected}`);
  });

  test.for<[string, string | Uint8Array, string]>([
    ['an empty body', '', 'request: the body is not JSON'],
    ['a cut', '{"resourceSpans":[', 'request: the body is not JSON'],
    ['an array', '[]', 'request: found an array, expected an object'],
    ['null', 'null', 'request: found null, expected an object'],
    ['text that is not UTF-8', Buffer.of(0x22, 0xff, 0x22), 'request: the body is not valid UTF-8'],
    [
      'a number past any float',
      withValue({ doubleValue: 'N' }).replace('"N"', '1e999'),
      'doubleValue',
    ],
    [
      'a rounded number where an integer is needed',
      withValue({ intValue: 'N' }).replace('"N"', '1e300'),
      'intValue: found 1e300',
    ],
  ])('%s', ([, text, expected]) => {
    expect(decode(text).message).toContain(expected);
  });

  test('values nested too deeply, without overflowing the stack', () => {
    const deep = (levels: number) =>
      withValue({ stringValue: 'N' }).replace(
        '{"stringValue":"N"}',
        `${'{"arrayValue":{"values":['.repeat(levels)}{"intValue":1}${']}}'.repeat(levels)}`,
      );
    expect(decode(deep(47)).message).toBe('accepted');
    expect(decode(deep(48)).message).toContain('nested at most 100 deep');
    expect(decode(deep(200_000)).message).not.toBe('accepted');
    expect(decode(deep(200_000).replace('"kind"', '9007199254740993')).message).not.toBe(
      'accepted',
    );
  });

  test('more spans than the limit', () => {
    const limits = { ...DEFAULT_DECODE_LIMITS, recordsMax: 1 };
    const sink = { span: () => expect.fail('a span was shown') };
    const outcome = decodeTracesJson(Buffer.from(requestOf(SPAN, SPAN)), sink, limits);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'too_many_records' } });
  });
});
