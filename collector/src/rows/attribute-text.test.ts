/** Attribute values as the text that `spans` keeps: no digit and no byte is lost. */
import { expect, it } from 'vitest';
import { decodeTracesJson } from '../decode/decode-json.ts';
import type { SpanView } from '../decode/span-view.ts';
import { attributesJson, attributeText } from './attribute-text.ts';

/** The text of one OTLP/JSON value. */
function textOf(value: Record<string, unknown>): string {
  return read(value, (view) => attributeText(view.attributes, 0));
}

function read<T>(value: Record<string, unknown>, use: (view: SpanView) => T): T {
  const span = {
    traceId: '01'.repeat(16),
    spanId: '01'.repeat(8),
    startTimeUnixNano: '1',
    attributes: [{ key: 'k', value }],
  };
  const request = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
  const found: T[] = [];
  const outcome = decodeTracesJson(Buffer.from(JSON.stringify(request)), {
    span: (view) => found.push(use(view)),
  });
  expect(outcome).toMatchObject({ ok: true });
  return found[0]!;
}

const list = (...values: Record<string, unknown>[]) => ({ arrayValue: { values } });
const map = (entries: Record<string, Record<string, unknown>>) => ({
  kvlistValue: { values: Object.entries(entries).map(([key, value]) => ({ key, value })) },
});

const VALUES: [Record<string, unknown>, string][] = [
  [{ stringValue: 'plain' }, 'plain'],
  [{ stringValue: '' }, ''],
  [{ stringValue: 'é"\\\n\u0000😀' }, 'é"\\\n\u0000😀'],
  [{ intValue: '0' }, '0'],
  [{ intValue: '-1' }, '-1'],
  [{ intValue: '9007199254740991' }, '9007199254740991'],
  [{ intValue: '9007199254740993' }, '9007199254740993'],
  [{ intValue: '9223372036854775807' }, '9223372036854775807'],
  [{ intValue: '-9223372036854775808' }, '-9223372036854775808'],
  [{ doubleValue: 0.1 }, '0.1'],
  [{ doubleValue: 1e21 }, '1e+21'],
  [{ doubleValue: 'NaN' }, 'NaN'],
  [{ doubleValue: '-Infinity' }, '-Infinity'],
  [{ boolValue: true }, 'true'],
  [{ boolValue: false }, 'false'],
  [{ bytesValue: Buffer.from([0, 255, 128]).toString('base64') }, 'AP+A'],
  [{}, ''],
  [list(), '[]'],
  [list({ stringValue: 'a"b' }, { intValue: '9007199254740993' }), '["a\\"b",9007199254740993]'],
  [list({}, { boolValue: true }, { doubleValue: 'NaN' }), '[null,true,"NaN"]'],
  [list({ doubleValue: 0.5 }, { doubleValue: 1e300 }), '[0.5,1e+300]'],
  [list({ bytesValue: 'AP+A' }), '["AP+A"]'],
  [map({}), '{}'],
  [map({ a: { intValue: '1' }, 'b"': list(map({ c: {} })) }), '{"a":1,"b\\"":[{"c":null}]}'],
];

it.for(VALUES)('%j is kept as %s', ([value, text]) => {
  expect(textOf(value)).toBe(text);
});

it('whatever is nested is kept as JSON that a parser reads', () => {
  const value = list(map({ k: list({ stringValue: '\u0007\u2028' }, { doubleValue: -0 }) }), {});
  expect(JSON.parse(textOf(value))).toEqual([{ k: ['\u0007\u2028', 0] }, null]);
  expect(read(value, (view) => JSON.parse(attributesJson(view.attributes)))).toHaveProperty('k');
});
