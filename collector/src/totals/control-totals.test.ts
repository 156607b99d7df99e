import { describe, expect, it, test } from 'vitest';
import type { MetricPoint } from '../decode/decode-metrics.ts';
import { ControlTotals } from './control-totals.ts';
import { unitOfMetric } from './token-metrics.ts';

const POINT: MetricPoint = {
  name: 'claude_code.token.usage',
  unit: 'tokens',
  temporality: 'delta',
  startTimeNs: 1_000_000_000n,
  timeNs: 2_500_000_000n,
  value: 1234,
  attributes: new Map([
    ['type', 'cacheRead'],
    ['model', 'claude-sonnet-4-5'],
    ['session.id', 's1'],
  ]),
  resource: new Map([['service.name', 'claude-code']]),
  scopeName: 'com.anthropic.claude_code',
};

function open(fails = 0) {
  const inserted: object[] = [];
  const outcomes: [string, number][] = [];
  let left = fails;
  const totals = new ControlTotals({
    insert: async (rows) => {
      if (left-- > 0) throw new Error('away');
      inserted.push(...rows);
    },
    nowMs: () => 0,
    onOutcome: (outcome, count) => void outcomes.push([outcome, count]),
  });
  return { totals, inserted, outcomes };
}

test.for<[string, string | undefined]>([
  ['gen_ai.client.token.usage', 'tokens'],
  ['gen_ai.client.inference.usage.cache_read.input_tokens', 'tokens'],
  ['gen_ai.client.inference.operation.input_tokens', undefined],
  ['claude_code.cost.usage', 'usd'],
  ['claude_code.session.count', undefined],
])('%s counts %s', ([name, unit]) => {
  expect(unitOfMetric(name)).toBe(unit);
});

describe('a control total', () => {
  it('keeps what tells it apart, and its amount as an exact decimal', async () => {
    const { totals, inserted } = open();
    expect(totals.add('acme', POINT)).toBe(true);
    expect(totals.add('acme', { ...POINT, name: 'claude_code.cost.usage', value: 1.5e-7 })).toBe(
      true,
    );
    await totals.flush();
    expect(inserted[0]).toMatchObject({
      tenant: 'acme',
      metric: 'claude_code.token.usage',
      unit: 'tokens',
      service: 'claude-code',
      session: 's1',
      model: 'claude-sonnet-4-5',
      token_type: 'cacheRead',
      temporality: 'delta',
      start_time: '1970-01-01T00:00:01.000000000Z',
      time: '1970-01-01T00:00:02.500000000Z',
      value: '1234',
    });
    expect(inserted[1]).toMatchObject({ unit: 'usd', value: '0.00000015' });
  });

  it('takes its type from the name where each type has a counter', async () => {
    const { totals, inserted } = open();
    const name = 'gen_ai.client.inference.usage.output_tokens';
    totals.add('acme', { ...POINT, name, attributes: new Map() });
    await totals.flush();
    expect(inserted[0]).toMatchObject({ token_type: 'output_tokens', model: '' });
  });

  test.for([Number.NaN, -1, Number.POSITIVE_INFINITY, 1e25, undefined])(
    'of %s is no amount and is not kept',
    (value) => {
      expect(open().totals.add('acme', { ...POINT, value })).toBe(false);
    },
  );

  it('waits while ClickHouse is away, and the oldest are given up beyond a bound', async () => {
    const { totals, inserted, outcomes } = open(1);
    for (let i = 0; i < 20_001; i++) totals.add('acme', { ...POINT, value: i });
    expect(outcomes).toEqual([['lost', 1]]);
    await expect(totals.flush()).rejects.toThrow('away');
    await totals.flush();
    expect(inserted).toHaveLength(20_000);
    expect(inserted[0]).toMatchObject({ value: '1' });
  });
});
