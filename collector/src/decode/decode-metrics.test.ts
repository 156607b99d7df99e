/** Metrics requests in both encodings: what is read, what is refused, and that a hostile one does no harm. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { DEFAULT_DECODE_LIMITS } from './decode-error.ts';
import { transcodeJson } from './decode-json.ts';
import { decodeMetrics, type MetricPoint } from './decode-metrics.ts';
import { VALID_ODDITY, WILD_ODDITY, WireGenerator } from './fixtures/wire-generator.ts';

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

const point = (fields: object) => ({
  startTimeUnixNano: '1000',
  timeUnixNano: '2000',
  attributes: [text('gen_ai.token.type', 'input'), { key: 'n', value: { intValue: '7' } }],
  ...fields,
});

const REQUEST = {
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          scope: { name: 'meter' },
          metrics: [
            {
              name: 'used',
              unit: '{token}',
              sum: { aggregationTemporality: 1, dataPoints: [point({ asInt: '-5' })] },
            },
            { name: 'used', gauge: { dataPoints: [point({ asDouble: 0.25 })] } },
            {
              name: 'used',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [point({ count: '3', sum: 12.5, bucketCounts: ['1', '2'] })],
              },
            },
            { name: 'other', sum: { dataPoints: [point({ asInt: '1' })] } },
          ],
        },
      ],
      resource: { attributes: [text('service.name', 'app')] },
    },
  ],
};

function decode(body: object | Uint8Array) {
  const points: MetricPoint[] = [];
  const isBinary = body instanceof Uint8Array;
  const bytes = isBinary ? body : Buffer.from(JSON.stringify(body));
  const sink = {
    wants: (name: string) => name === 'used',
    point: (one: MetricPoint) => void points.push(one),
  };
  const encoding = isBinary ? 'protobuf' : 'json';
  return { points, outcome: decodeMetrics(bytes, encoding, sink, DEFAULT_DECODE_LIMITS) };
}

describe('a request of metrics', () => {
  it('shows the points of the metrics that are asked for, and counts all', () => {
    const { points, outcome } = decode(REQUEST);
    expect(outcome).toEqual({ ok: true, recordCount: 4 });
    expect(points.map(({ value, temporality }) => [value, temporality])).toEqual([
      [-5n, 'delta'],
      [0.25, 'unspecified'],
      [12.5, 'cumulative'],
    ]);
    expect(points[0]).toEqual({
      name: 'used',
      unit: '{token}',
      temporality: 'delta',
      startTimeNs: 1000n,
      timeNs: 2000n,
      value: -5n,
      attributes: new Map([
        ['gen_ai.token.type', 'input'],
        ['n', '7'],
      ]),
      resource: new Map([['service.name', 'app']]),
      scopeName: 'meter',
    });
  });

  it('says the same in protobuf', () => {
    const json = Buffer.from(JSON.stringify(REQUEST));
    const { written } = transcodeJson(json, 'MetricsRequest', 100);
    expect(decode(written)).toEqual(decode(REQUEST));
  });

  it('may be empty', () => {
    expect(decode(new Uint8Array(0)).outcome).toEqual({ ok: true, recordCount: 0 });
    expect(decode({}).outcome).toEqual({ ok: true, recordCount: 0 });
  });

  test.for<[string, object | Uint8Array, string]>([
    [
      'a metric that is a text',
      { resourceMetrics: [{ scopeMetrics: [{ metrics: ['x'] }] }] },
      'metrics[0]',
    ],
    ['bytes that end in a tag', Uint8Array.of(0x0a), ''],
    ['a length beyond the end', Uint8Array.of(0x0a, 0x05, 0x12), 'resourceMetrics[0]'],
  ])('with %s is refused whole', ([, body, path]) => {
    const { points, outcome } = decode(body);
    expect(points).toEqual([]);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'malformed' } });
    expect(outcome.ok ? '' : outcome.error.message).toContain(path);
  });

  it('of any bytes is read or refused, and never throws', () => {
    const property = fc.property(fc.integer(), fc.boolean(), (seed, isWild) => {
      const generator = new WireGenerator(seed, isWild ? WILD_ODDITY : VALID_ODDITY);
      const bytes = generator.request('MetricsRequest');
      expect(typeof decode(Buffer.from(isWild ? generator.mutate(bytes) : bytes)).outcome.ok).toBe(
        'boolean',
      );
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
