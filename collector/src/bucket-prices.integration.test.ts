/** Flame graphs of spans that came the real way: what buckets cost, names of spans, durations, releases. */
import { answerFlamegraph } from '@ai-cost-profiler/queries/flamegraph/flamegraph.ts';
import { readFlamegraphInput } from '@ai-cost-profiler/queries/flamegraph/input.ts';
import type { FrameRow } from '@ai-cost-profiler/queries/flamegraph/nested-set.ts';
import type { PriceUsage } from '@ai-cost-profiler/queries/flamegraph/split-cost.ts';
import { NotFoundQuestion } from '@ai-cost-profiler/queries/not-found.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBucketPrices } from './bucket-prices.ts';
import { openTestLedger, type TestLedger } from './test-ledger.ts';
import { attribute, chat, NOW_MS, requestOf, type TestSpan } from './test-road.ts';

let ledger: TestLedger;
let price: PriceUsage;

beforeAll(async () => {
  ledger = await openTestLedger();
  const bookFor = () => ledger.book;
  price = createBucketPrices({ bookFor, bookOf: bookFor });
  await ledger.sendRequest(releaseOf('1.0', [...traceOf(0, 1000), ...traceOf(1, 1000)]));
  await ledger.sendRequest(releaseOf('2.0', [...traceOf(2, 3000), unpriced(3)]));
}, 90_000);
afterAll(() => ledger.remove());

const hex = (value: number) => (value + 1).toString(16).padStart(16, '0');

/** An agent's run, below it a step, below that the call. */
function traceOf(trace: number, tokens: number): TestSpan[] {
  const [run, step, call] = [trace * 10, trace * 10 + 1, trace * 10 + 2];
  const below = (parent: number, name: string) => ({ parentSpanId: hex(parent), name });
  return [
    { span: run, trace, fields: { name: 'run;agent' }, attributes: { 'http.method': 'GET' } },
    { span: step, trace, fields: below(run, 'step'), attributes: { step: 1 } },
    { span: call, trace, fields: below(step, 'chat'), attributes: chat(tokens) },
  ];
}

function unpriced(trace: number): TestSpan {
  const model = 'no-such-model';
  const attributes = chat(5, { 'gen_ai.request.model': model, 'gen_ai.response.model': model });
  return { span: trace * 10, trace, fields: { name: 'lost' }, attributes };
}

function releaseOf(version: string, spans: TestSpan[]): Uint8Array {
  const request = JSON.parse(Buffer.from(requestOf(spans)).toString());
  request.resourceSpans[0].resource.attributes.push(attribute('service.version', version));
  return Buffer.from(JSON.stringify(request));
}

const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const NOW = BigInt(NOW_MS + 3_600_000) * 1_000_000n;

function ask(query: string) {
  const input = readFlamegraphInput(new URLSearchParams(query), NOW);
  const acme = { tenant: 'acme', operator: false };
  return answerFlamegraph(ledger.store, acme, { input, price });
}

async function rowsOf(query: string): Promise<readonly FrameRow[]> {
  const answer = await ask(query);
  if (answer.format !== 'json') throw new Error(`an answer in ${answer.format}`);
  return answer.body.rows;
}

const shown = (rows: readonly FrameRow[]) =>
  rows.map(({ level, label, value_exact, self_exact }) => [level, label, value_exact, self_exact]);

describe('a flame graph of real spans', () => {
  test('splits cost by bucket by the price book, and what has no price is unknown', async () => {
    expect(shown(await rowsOf(`${DAY}&by=service,model,bucket`))).toEqual([
      [0, 'total', '0.0128', '0'],
      [1, 'checkout', '0.0128', '0'],
      [2, 'gpt-4o-2024-08-06', '0.0128', '0'],
      [3, 'in_uncached', '0.0125', '0.0125'],
      [3, 'out_text', '0.0003', '0.0003'],
      [2, 'no-such-model', null, null],
    ]);
  });

  test('has names of spans as frames, alike traces together', async () => {
    expect(shown(await rowsOf(`${DAY}&stack=spans&by=bucket`))).toEqual([
      [0, 'total', '0.0128', '0'],
      [1, 'run;agent', '0.0128', '0'],
      [2, 'step', '0.0128', '0'],
      [3, 'chat', '0.0128', '0'],
      [4, 'in_uncached', '0.0125', '0.0125'],
      [4, 'out_text', '0.0003', '0.0003'],
      [1, 'lost', null, null],
    ]);
  });

  test('of one trace is that trace, and there is none of an unknown one', async () => {
    const trace = (number: number) => `trace_id=${(number + 1).toString(16).padStart(32, '0')}`;
    const rows = await rowsOf(`${trace(2)}&by=`);
    expect(shown(rows)).toEqual([
      [0, 'total', '0.0076', '0'],
      [1, 'run;agent', '0.0076', '0'],
      [2, 'step', '0.0076', '0'],
      [3, 'chat', '0.0076', '0.0076'],
    ]);
    await expect(rowsOf(trace(99))).rejects.toBeInstanceOf(NotFoundQuestion);
  });

  test.for(['dimensions', 'spans'])('knows how long calls took: stack=%s', async (stack) => {
    const [root] = await rowsOf(`${DAY}&weight=duration&stack=${stack}`);
    expect(root?.value_exact).toBe(String(4n * 900_000_000n));
  });

  test.for(['dimensions', 'spans'])('compares two releases: stack=%s', async (stack) => {
    const query = `${DAY}&stack=${stack}&version=1.0&compare_version=2.0`;
    const [root] = await rowsOf(query);
    expect(root).toMatchObject({
      value_exact: '0.0052',
      value_right_exact: '0.0076',
      calls: 2,
      calls_right: 2,
      unpriced_calls_right: 1,
    });
  });

  test('folded, names keep to their frames', async () => {
    const { body } = await ask(`${DAY}&stack=spans&by=bucket&format=folded`);
    expect(String(body).split('\n')).toContain('total;run,agent;step;chat;in_uncached 12500000');
  });

  test.for([
    'trace_id=x',
    'weight=money',
    'stack=spans&by=model',
    'by=bucket,model',
    'compare_version=2.0',
    'compare_from=now-1h',
    'compare_from=now&compare_to=now-1h',
    `trace_id=${'0'.repeat(32)}&from=now-1h`,
  ])('%s is refused', (query) => {
    expect(() => readFlamegraphInput(new URLSearchParams(query), NOW)).toThrow(/expected/);
  });
});
