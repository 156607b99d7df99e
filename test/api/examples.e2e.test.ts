/**
 * Every example of docs/api.md, asked through the generated client of a real collector, and compared with what the page
 * shows. With AICOST_RECORD_EXAMPLES=1 the answers are written down instead; `npm run docs` then makes the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { ApiProblem, createClient } from '@ai-cost-profiler/queries/client/client.ts';
import {
  OPERATIONS,
  type OperationName,
} from '@ai-cost-profiler/queries/client/generated/operations.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StartedCollector, startCollector, stored } from '../start-collector.ts';
import { answerFaults } from './answer-faults.ts';
import { type ExampleRequest, FIRST, REQUESTS } from './example-requests.ts';
import { type Operation, readOperations } from './operations.ts';
import { type RecordedExample, type RecordedExamples, readAnswer } from './recorded-example.ts';

const FILE = new URL('recorded-examples.json', import.meta.url);

let collector: StartedCollector;
let operations: readonly Operation[];
const recorded: Record<string, RecordedExample> = {};
const faults: string[] = [];
const told = new Map<string, string>();

beforeAll(async () => {
  collector = await startCollector(['--settle-after', '1h']);
  operations = await readOperations(collector.url);
  for (const request of FIRST) await run(request);
  await stored(collector);
  for (const request of [...REQUESTS, ...derived()]) await run(request);
  if (process.env['AICOST_RECORD_EXAMPLES'] === '1') {
    writeFileSync(FILE, `${JSON.stringify(recorded, null, 2)}\n`);
  }
});
afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

/** Of operations that need nothing. */
function derived(): ExampleRequest[] {
  const named = new Set([...FIRST, ...REQUESTS].map(({ operation }) => operation));
  return operations
    .filter(({ id, method }) => method === 'GET' && !named.has(id))
    .filter(({ parameters }) => parameters.every(({ required }) => required !== true))
    .map(({ id }) => ({ operation: id }));
}

const filled = (text: string): string => (text.startsWith('$') ? told.get(text.slice(1))! : text);

async function run({ operation, parameters = {}, body, remember = {} }: ExampleRequest) {
  const name = operation as OperationName;
  let address = '';
  let response: Response | undefined;
  const stop = new AbortController();
  const client = createClient({
    url: collector.url,
    key: collector.key,
    fetch: async (input, init) => {
      address = String(input).slice(collector.url.length);
      response = (await fetch(input, init)).clone();
      return response.clone();
    },
  });
  const values = Object.fromEntries(
    Object.entries(parameters).map(([key, one]) => [key, filled(one)]),
  );
  await client
    .call(name, values as never, { body: body as never, signal: stop.signal })
    .catch((error: unknown) => {
      if (!(error instanceof ApiProblem)) throw error;
    });
  const type = response!.headers.get('content-type') ?? '';
  // A live stream never ends.
  const isEndless = type.startsWith('text/event-stream');
  // The document is shown by the page as a whole.
  const isDocument = operation === 'getOpenApi';
  const text = isEndless ? '' : await response!.text();
  stop.abort();
  const documented = operations.find(({ id }) => id === operation)!;
  faults.push(...answerFaults(documented, { status: response!.status, type, text }));
  if (/json/.test(type)) remembered(remember, text);
  for (const [key, value] of told) address = address.replaceAll(value, `{${key}}`);
  const { method } = OPERATIONS[name];
  const answer = isDocument ? null : readAnswer(type, text);
  const shown = body === undefined ? {} : { body };
  recorded[operation] = { method, address, ...shown, status: response!.status, type, answer };
}

function remembered(remember: Readonly<Record<string, string>>, text: string): void {
  for (const [name, member] of Object.entries(remember)) {
    told.set(name, String((JSON.parse(text) as Record<string, unknown>)[member]));
  }
}

describe('docs/api.md', () => {
  test('has an example of every operation: add to example-requests.ts, and record', () => {
    const names = operations.map(({ id }) => id);
    expect(Object.keys(recorded).sort()).toEqual(names.sort());
  });

  test('says all that answers hold, and nothing that they do not', () => {
    expect(faults).toEqual([]);
  });

  test('shows what the API answers: AICOST_RECORD_EXAMPLES=1, then npm run docs', () => {
    const page = JSON.parse(readFileSync(FILE, 'utf8')) as RecordedExamples;
    expect(recorded).toEqual(page);
  });
});

describe('the client', () => {
  const client = () => createClient({ url: collector.url, key: collector.key });
  const range = { from: '2026-08-20T00:00:00Z', to: '2026-08-21T00:00:00Z' };

  test('gives answers their types', async () => {
    const { rows, totals } = await client().call('getCostBreakdown', {
      ...range,
      by: 'model',
      tags: { 'tag.team': '' },
      user: ['ada', 'bob'],
    });
    const cost: string | null | undefined = rows[0]?.cost_usd;
    expect([cost, rows[0]?.['model'], totals.calls]).toEqual(['0.0075', 'gpt-4o-2024-08-06', 1]);
  });

  test('throws a problem with its code', async () => {
    const asked = client().call('getPrices', { model: 'x', at: 'yesterday' });
    await expect(asked).rejects.toMatchObject({
      name: 'ApiProblem',
      status: 400,
      code: 'parameter_invalid',
      requestId: expect.any(String),
      retryAfterSeconds: null,
    });
    const nobody = createClient({ url: collector.url, key: 'x' }).call('getStatus');
    await expect(nobody).rejects.toMatchObject({ status: 401, code: 'key_unknown' });
  });
});
