/** OTLP/JSON is proto3's JSON with deviations ("JSON Protobuf Encoding"), and every one of them is a case. */
import type { ConformanceCase } from '../conformance-case.ts';
import { GOOD, NOW, SPAN, tracesOf, valued, withAttributes } from '../messages.ts';
import { JSON_WAYS, plain } from '../ways.ts';

type Row = readonly [name: string, level: ConformanceCase['level'], message: object | string];

const LINK = { traceId: SPAN.traceId.toUpperCase(), spanId: SPAN.spanId.toUpperCase() };

const TAKEN: readonly Row[] = [
  ['Ids are hex in lower case', 'MUST', GOOD.traces],
  [
    'Ids are hex in upper case',
    'MUST',
    tracesOf({ ...SPAN, traceId: SPAN.traceId.toUpperCase(), spanId: SPAN.spanId.toUpperCase() }),
  ],
  [
    'Ids are hex in mixed case',
    'MUST',
    tracesOf({ ...SPAN, traceId: '5B8efFF798038103d269B633813FC60c' }),
  ],
  ['Ids of links are hex too', 'MUST', tracesOf({ ...SPAN, links: [LINK] })],
  ['A parent id may be empty', 'MUST', tracesOf({ ...SPAN, parentSpanId: '' })],
  ['64-bit integers are decimal texts', 'MUST', valued({ intValue: '9223372036854775807' })],
  ['64-bit integers may be numbers', 'MUST', valued({ intValue: 42 })],
  [
    'Instants may be numbers',
    'MUST',
    tracesOf({ ...SPAN, startTimeUnixNano: Number(NOW), endTimeUnixNano: Number(NOW) + 1024 }),
  ],
  ['Enums are integers', 'MUST', tracesOf({ ...SPAN, kind: 3, status: { code: 2 } })],
  [
    'Fields of unknown names are ignored, whatever they hold',
    'MUST',
    {
      ...GOOD.traces,
      newField: { deep: [1, { x: null }] },
      another: 'text',
    },
  ],
  [
    'Unknown fields of a span and of a value are ignored',
    'MUST',
    tracesOf({
      ...SPAN,
      weight: 3,
      attributes: [{ key: 'a', value: { stringValue: 'b', shade: 'c' }, note: [] }],
    }),
  ],
  [
    'Original field names in snake case are no field names',
    'MUST',
    { resource_spans: [{ scope_spans: [{ spans: [{ trace_id: 'zz', span_id: 'zz' }] }] }] },
  ],
  ['Bytes that are no id are base64', 'MUST', valued({ bytesValue: 'AAEC/w==' })],
  ['A double may be NaN', 'MUST', valued({ doubleValue: 'NaN' })],
  ['A double may be infinite', 'MUST', valued({ doubleValue: '-Infinity' })],
  ['A double may be a whole number', 'MUST', valued({ doubleValue: 1 })],
  [
    'A value may be a list of lists',
    'MUST',
    valued({ arrayValue: { values: [{ arrayValue: {} }] } }),
  ],
  [
    'A value may be a map',
    'MUST',
    valued({ kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } }),
  ],
  ['A value may be empty', 'MUST', valued({})],
  ['An attribute may have no value', 'SHOULD', withAttributes({ key: 'nothing' })],
  [
    'A field may be null, as if it were not there',
    'SHOULD',
    tracesOf({ ...SPAN, traceState: null }),
  ],
  [
    'Text may have escapes and characters of any plane',
    'MUST',
    tracesOf({ ...SPAN, name: 'ä\u{1f600}\n"\\' }),
  ],
  ['Blanks may stand between the tokens', 'MUST', JSON.stringify(GOOD.traces, null, '\t')],
  [
    'Fields may come in any order',
    'MUST',
    tracesOf(Object.fromEntries(Object.entries(SPAN).reverse())),
  ],
];

const REFUSED: readonly (readonly [name: string, text: string])[] = [
  ['Text that is no JSON is bad data', 'resourceSpans'],
  ['JSON that is cut off is bad data', JSON.stringify(GOOD.traces).slice(0, -3)],
  ['A list where a message belongs is bad data', '[]'],
  ['A text where a list belongs is bad data', '{"resourceSpans":"many"}'],
  ['A number where a message belongs is bad data', '{"resourceSpans":[7]}'],
  ['An integer that is no number is bad data', text(valued({ intValue: 'seven' }))],
  ['An integer above 64 bits is bad data', text(valued({ intValue: '18446744073709551616' }))],
];

function text(message: object): string {
  return JSON.stringify(message);
}

export const JSON_CASES: readonly ConformanceCase[] = [
  ...TAKEN.map(
    ([name, level, given]): ConformanceCase => ({
      name,
      level,
      section: 'JSON Protobuf Encoding',
      ways: plain(JSON_WAYS),
      request: {
        payload:
          typeof given === 'string'
            ? { kind: 'text', text: given }
            : { kind: 'message', message: given },
      },
      outcome: ['taken'],
    }),
  ),
  {
    name: 'JSON with something after it is bad data',
    level: 'SHOULD',
    section: 'Bad Data',
    ways: JSON_WAYS,
    request: { payload: { kind: 'text', text: `${JSON.stringify(GOOD.traces)}}` } },
    outcome: ['bad data'],
  },
  ...REFUSED.map(
    ([name, given]): ConformanceCase => ({
      name,
      level: 'MUST',
      section: 'Bad Data',
      ways: JSON_WAYS,
      request: { payload: { kind: 'text', text: given } },
      outcome: ['bad data'],
      isHostile: true,
    }),
  ),
];
