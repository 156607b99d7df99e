/** What each source's rows become: calls, as the dialects read them. */
import { TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRow, unknownColumns } from './read-row.ts';
import { sourceNamed } from './sources.ts';
import { callOf, faultOfRow, spanOf } from './test-row.ts';

const AT = '2026-03-01T12:00:00Z';

describe('the neutral schema', () => {
  test('a whole row tells who, what, how much and for whom', () => {
    const columns = {
      timestamp: AT,
      provider: 'openai',
      model: 'gpt-4o-2024-08-06',
      operation: 'chat',
      input_tokens: '1000',
      cached_tokens: '200',
      output_tokens: '50',
      reasoning_tokens: '20',
      web_searches: '2',
      user: 'ann',
      session: 's1',
      feature: 'search',
      agent: 'planner',
      'tags.team': 'core',
      cost_usd: '0.5',
      batch: 'true',
    };
    expect(callOf('aicost', columns)).toMatchObject({
      dialect: 'aicost',
      operation: 'chat',
      role: 'leaf',
      provider: 'openai',
      responseModel: 'gpt-4o-2024-08-06',
      usage: {
        buckets: {
          in_uncached: 800n,
          in_cache_read: 200n,
          out_text: 30n,
          out_reasoning: 20n,
          web_searches: 2n,
        },
        inputTokens: 1000n,
        outputTokens: 50n,
        semantics: 'inclusive',
      },
      reportedAtto: 500_000_000_000_000_000n,
      context: { batch: true },
      attribution: {
        user: 'ann',
        session: 's1',
        feature: 'search',
        agent: 'planner',
        tags: [['team', 'core']],
      },
    });
  });

  test('buckets come back as they were written; parts without what went beside them are refused', () => {
    const counts = fc.record(
      Object.fromEntries(TOKEN_BUCKETS.map((bucket) => [bucket, fc.bigInt(1n, 1_000_000n)])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(counts, (buckets) => {
        const columns = Object.fromEntries(
          Object.entries(buckets).map(([name, count]) => [name, String(count)]),
        );
        const row = { timestamp: AT, model: 'm', ...columns };
        const lacksRest = (side: string, rest: string) =>
          Object.keys(buckets).some((name) => name.startsWith(side)) && !(rest in buckets);
        if (lacksRest('in_', 'in_uncached') || lacksRest('out_', 'out_text')) {
          expect(faultOfRow('aicost', row)?.value).toBe(null);
          return;
        }
        const found = Object.entries(callOf('aicost', row)?.usage?.buckets ?? {}).filter(
          ([, count]) => count !== undefined && count !== 0n,
        );
        expect(Object.fromEntries(found)).toEqual(buckets);
      }),
    );
  });

  test('what is not told is unknown, never 0', () => {
    const call = callOf('aicost', { timestamp: AT, model: 'gpt-4o', provider: 'openai' });
    expect(call).toMatchObject({ usage: undefined, reportedAtto: undefined });
  });

  test.each([
    [{ timestamp: '2026-03-01 12:00:00' }, 'timestamp', 'a time with its zone'],
    [{}, 'timestamp', 'a time with its zone'],
    [{ timestamp: '2026-02-30T00:00:00Z' }, 'timestamp', 'a time with its zone'],
    [{ timestamp: AT, input_tokens: '1.5' }, 'input_tokens', 'a whole number'],
    [{ timestamp: AT, input_tokens: '-1' }, 'input_tokens', 'a whole number'],
    [{ timestamp: AT, cost_usd: '$3' }, 'cost_usd', 'a decimal of at least 0'],
    [{ timestamp: AT, batch: 'maybe' }, 'batch', 'true or false'],
    [{ timestamp: AT, input_tokens: '5', cached_tokens: '6' }, 'input_tokens', 'at least 6'],
    [
      { timestamp: AT, input_tokens: '5', in_uncached: '3', in_cache_read: '1' },
      'input_tokens',
      '4, which is in_uncached + in_cache_read',
    ],
    [{ timestamp: AT, duration_ms: 'long' }, 'duration_ms', 'a decimal of at least 0'],
  ])('%j is refused for its %s', (columns, column, expected) => {
    const read = readRow(sourceNamed('aicost')!, { columns, nth: 0 });
    expect(read).toMatchObject({ fault: { column, expected: expect.stringContaining(expected) } });
  });

  test('a column that nobody knows is a mistake; tags may be of any name', () => {
    const columns = { timestamp: AT, modle: 'x', 'tags.anything': 'y', inputTokens: '1' };
    expect(unknownColumns(sourceNamed('aicost')!, columns)).toEqual(['modle']);
  });
});

describe('ids', () => {
  const row = { timestamp: AT, model: 'm', input_tokens: '1' };

  test('the same row is the same span, in whatever order its columns stand', () => {
    const other = { input_tokens: 1, model: 'm', timestamp: AT, user: '' };
    expect(spanOf('aicost', other)).toMatchObject({
      spanId: spanOf('aicost', row).spanId,
      traceId: spanOf('aicost', row).traceId,
    });
  });

  test('equal rows are calls of their own', () => {
    expect(spanOf('aicost', row, 1).spanId).not.toBe(spanOf('aicost', row, 0).spanId);
  });

  test('a row with an id is that call, whatever else it says', () => {
    const first = spanOf('aicost', { ...row, id: 'a' });
    expect(spanOf('aicost', { ...row, id: 'a', model: 'n' }, 7).spanId).toBe(first.spanId);
  });

  test('ids that OTLP takes are kept, so that imported spans join the traces they are of', () => {
    const ids = { trace_id: '5B8EFFF7-98038103-D269B633813FC60C', span_id: 'eee19b7ec3c1b174' };
    expect(spanOf('aicost', { ...row, ...ids, parent_span_id: 'eee19b7ec3c1b173' })).toMatchObject({
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      parentSpanId: 'eee19b7ec3c1b173',
    });
  });
});

test('a spend log of LiteLLM: which tokens were cached stands in its metadata', () => {
  const usage = {
    prompt_tokens: '1000',
    completion_tokens: '50',
    total_tokens: '1050',
    prompt_tokens_details: { cached_tokens: '400' },
  };
  const columns = {
    request_id: 'chatcmpl-1',
    call_type: 'acompletion',
    startTime: '2026-03-01 12:00:00.123',
    endTime: '2026-03-01T12:00:01.5',
    model: 'openai/gpt-4o-2024-08-06',
    model_group: 'fast',
    custom_llm_provider: 'openai',
    prompt_tokens: '1000',
    completion_tokens: '50',
    spend: '1.5e-05',
    end_user: 'ann',
    team_id: 'core',
    status: 'success',
    metadata: JSON.stringify({ usage_object: usage, user_api_key_alias: 'ci' }),
  };
  expect(callOf('litellm', columns)).toMatchObject({
    dialect: 'litellm',
    operation: 'chat',
    role: 'leaf',
    provider: 'openai',
    requestModel: 'gpt-4o-2024-08-06',
    responseId: 'chatcmpl-1',
    usage: { buckets: { in_uncached: 600n, in_cache_read: 400n, out_text: 50n } },
    reportedAtto: 15_000_000_000_000n,
    attribution: { user: 'ann' },
  });
  expect(spanOf('litellm', columns)).toMatchObject({
    startNs: 1_772_366_400_123_000_000n,
    endNs: 1_772_366_401_500_000_000n,
    failure: undefined,
  });
  expect(callOf('litellm', { ...columns, cache_hit: 'True' })).toMatchObject({
    role: 'non_billable',
  });
});

test('an observation of Langfuse: its buckets are disjoint, and its trace keeps its id', () => {
  const columns = {
    id: 'obs-1',
    traceId: '5b8efff798038103d269b633813fc60c',
    parentObservationId: 'obs-0',
    type: 'GENERATION',
    name: 'OpenAI-generation',
    startTime: '2026-03-01 12:00:00.123456',
    providedModelName: 'gpt-4o-2024-08-06',
    usageDetails: { input: '600', input_cached_tokens: '400', output: '50', total: '1050' },
    costDetails: '{"total": 0.002}',
    userId: 'ann',
    sessionId: 's1',
    tags: ['beta'],
  };
  expect(callOf('langfuse', columns)).toMatchObject({
    dialect: 'langfuse',
    role: 'leaf',
    requestModel: 'gpt-4o-2024-08-06',
    usage: { buckets: { in_uncached: 600n, in_cache_read: 400n, out_text: 50n } },
    reportedAtto: 2_000_000_000_000_000n,
    attribution: { user: 'ann', session: 's1', tags: [['beta', 'true']] },
  });
  const parent = spanOf('langfuse', { ...columns, id: 'obs-0', type: 'SPAN' });
  expect(spanOf('langfuse', columns)).toMatchObject({
    traceId: '5b8efff798038103d269b633813fc60c',
    parentSpanId: parent.spanId,
  });
});

test('a request of Helicone: where its tokens may or may not hold the cache, both readings stay', () => {
  const columns = {
    request_id: 'r1',
    request_created_at: '2026-03-01T12:00:00.5Z',
    delay_ms: '900',
    provider: 'OPENAI',
    request_model: 'gpt-4o',
    response_model: 'gpt-4o-2024-08-06',
    response_status: '200',
    prompt_tokens: '1000',
    completion_tokens: '50',
    prompt_cache_read_tokens: '0',
    request_user_id: 'ann',
    request_properties: { 'Helicone-Session-Id': 's1' },
  };
  expect(callOf('helicone', columns)).toMatchObject({
    operation: 'chat',
    provider: 'openai',
    requestModel: 'gpt-4o',
    responseModel: 'gpt-4o-2024-08-06',
    usage: { buckets: { in_uncached: 1000n, out_text: 50n } },
    attribution: { user: 'ann', session: 's1' },
  });
  expect(spanOf('helicone', columns)).toMatchObject({
    endNs: 1_772_366_401_400_000_000n,
    failure: undefined,
  });
  const cached = { ...columns, provider: 'ANTHROPIC', prompt_cache_read_tokens: '400' };
  expect(callOf('helicone', cached)?.usage).toMatchObject({ semantics: 'assumed_inclusive' });
});

test('a result of OpenAI’s usage API is one call of its bucket', () => {
  const columns = {
    start_time: '1772366400',
    end_time: '1772452800',
    model: 'gpt-4o-2024-08-06',
    input_tokens: '1000',
    input_cached_tokens: '800',
    output_tokens: '500',
    num_model_requests: '5',
    project_id: 'proj_1',
    batch: 'false',
  };
  expect(callOf('openai-usage', columns)).toMatchObject({
    provider: 'openai',
    responseModel: 'gpt-4o-2024-08-06',
    usage: { buckets: { in_uncached: 200n, in_cache_read: 800n, out_text: 500n } },
    attribution: {
      tags: expect.arrayContaining([
        ['num_model_requests', '5'],
        ['project_id', 'proj_1'],
      ]),
    },
  });
});

test('a result of OpenAI’s costs API is an amount without tokens; other money is refused', () => {
  const columns = {
    start_time: '1772366400',
    amount: { value: '0.06', currency: 'usd' },
    line_item: 'gpt-4o, input',
  };
  expect(callOf('openai-costs', columns)).toMatchObject({
    usage: undefined,
    reportedAtto: 60_000_000_000_000_000n,
    attribution: { tags: [['line_item', 'gpt-4o, input']] },
  });
  const euros = { ...columns, amount: { value: '0.06', currency: 'eur' } };
  expect(readRow(sourceNamed('openai-costs')!, { columns: euros, nth: 0 })).toMatchObject({
    fault: { column: 'amount.currency', value: 'eur', expected: 'usd' },
  });
});

test('a run of LangSmith: who bills and which model stand in its metadata', () => {
  const columns = {
    id: '0190a1b2-0000-7000-8000-000000000001',
    trace_id: '0190a1b2-0000-7000-8000-000000000000',
    parent_run_id: '0190a1b2-0000-7000-8000-000000000000',
    run_type: 'llm',
    name: 'ChatOpenAI',
    start_time: '2026-03-01T12:00:00.123456',
    end_time: '2026-03-01T12:00:01',
    prompt_tokens: '1000',
    completion_tokens: '50',
    prompt_token_details: { cache_read: '400' },
    extra: {
      metadata: { ls_provider: 'openai', ls_model_name: 'gpt-4o-2024-08-06', user_id: 'ann' },
    },
  };
  expect(callOf('langsmith', columns)).toMatchObject({
    dialect: 'langsmith',
    operation: 'chat',
    role: 'leaf',
    provider: 'openai',
    requestModel: 'gpt-4o-2024-08-06',
    usage: { buckets: { in_uncached: 600n, in_cache_read: 400n, out_text: 50n } },
    attribution: { user: 'ann' },
  });
  const parent = spanOf('langsmith', {
    ...columns,
    id: '0190a1b2-0000-7000-8000-000000000000',
    run_type: 'chain',
    parent_run_id: '',
  });
  expect(spanOf('langsmith', columns).parentSpanId).toBe(parent.spanId);
});
