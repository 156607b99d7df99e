import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { withAttribution } from './attribution.ts';
import { recordCall, recordToolCost } from './record-call.ts';
import { startTracing, type TestTracing } from './test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => tracing.stop());

const CALL = { provider: 'cohere', model: 'command-r' } as const;

describe('a recorded call', () => {
  it('is a span of the conventions, attributed to what holds', () => {
    withAttribution({ feature: 'search' }, () =>
      recordCall({
        ...CALL,
        responseId: 'r-1',
        responseModel: 'command-r-08-2024',
        usage: { inputTokens: 10, outputTokens: 3, searchUnits: 1 },
        conditions: { region: 'eu' },
        costUsd: '0.0042',
        attributes: { 'app.step': 3 },
      }),
    );
    const [span] = tracing.spans();
    expect([span?.name, span?.kind]).toEqual(['chat command-r', SpanKind.CLIENT]);
    expect(span?.instrumentationScope.name).toBe('@ai-cost-profiler/core');
    expect(span?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'cohere',
      'gen_ai.request.model': 'command-r',
      'gen_ai.response.id': 'r-1',
      'gen_ai.response.model': 'command-r-08-2024',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 3,
      'aicost.usage.search_units': 1,
      'aicost.region': 'eu',
      'aicost.cost_usd': '0.0042',
      'aicost.feature': 'search',
      'app.step': 3,
    });
  });

  it('begins and ends when it is said', () => {
    recordCall({ ...CALL, startTime: 1_000, endTime: new Date(2_500) });
    const [span] = tracing.spans();
    expect([span?.startTime, span?.endTime]).toEqual([
      [1, 0],
      [2, 500_000_000],
    ]);
  });

  it('tells that it failed, and no message, which may hold content', () => {
    recordCall({ ...CALL, error: Object.assign(new TypeError('secret'), { status: 500 }) });
    const [span] = tracing.spans();
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span?.attributes).toMatchObject({
      'error.type': 'TypeError',
      'http.response.status_code': 500,
    });
    expect(JSON.stringify(span?.attributes)).not.toContain('secret');
  });
});

describe('what a tool cost', () => {
  it('is an execute_tool span with the cost', () => {
    recordToolCost({ tool: 'web_search', costUsd: '0.008', provider: 'tavily' });
    const [span] = tracing.spans();
    expect([span?.name, span?.kind]).toEqual(['execute_tool web_search', SpanKind.INTERNAL]);
    expect(span?.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'web_search',
      'gen_ai.provider.name': 'tavily',
      'aicost.cost_usd': '0.008',
    });
  });

  test.for(['1', '0', '0.000000000000000001', '12345.678'])('%s is an amount', (costUsd) => {
    recordToolCost({ tool: 't', costUsd });
    expect(tracing.spans()[0]?.attributes['aicost.cost_usd']).toBe(costUsd);
  });

  test.for(['', '-1', '1e-3', '.5', '1.', '$1', '0,5', '0.0000000000000000001', 'NaN'])(
    '%j is none, and that is said',
    (costUsd) => {
      expect(() => recordToolCost({ tool: 't', costUsd })).toThrow(RangeError);
      expect(tracing.spans()).toEqual([]);
    },
  );
});
