import { expect, expectTypeOf, test } from 'vitest';
import { ApiProblem, createClient } from './client.ts';

/** What a call throws when this is answered. */
async function problemOf(body: string, headers: Record<string, string>): Promise<unknown> {
  const fetch = async () => new Response(body, { status: 503, headers });
  const client = createClient({ url: 'http://collector', key: 'k', fetch });
  return client.call('getStatus').catch((error: unknown) => error);
}

const PROBLEM = { 'content-type': 'application/problem+json' };

test.for(['http://collector:4318', 'http://collector:4318/', 'http://collector:4318//'])(
  'asks below %s',
  async (url) => {
    const asked: unknown[] = [];
    const fetch = async (address: unknown) => {
      asked.push(address);
      return Response.json({});
    };
    await createClient({ url, key: 'k', fetch }).call('getStatus');
    expect(asked).toEqual(['http://collector:4318/api/v1/status']);
  },
);

test.for([
  ['7', 7],
  ['Mon, 30 Nov 2026 10:00:00 GMT', null],
  [undefined, null],
] as const)('retry-after %s is %s seconds', async ([told, seconds]) => {
  const body = JSON.stringify({ code: 'overloaded', detail: 'later' });
  const headers = { ...PROBLEM, ...(told === undefined ? {} : { 'retry-after': told }) };
  expect(await problemOf(body, headers)).toMatchObject({
    code: 'overloaded',
    message: 'later',
    retryAfterSeconds: seconds,
  });
});

test('a problem that was cut off is unknown, and told as it came', async () => {
  const thrown = await problemOf('{"code":"overl', PROBLEM);
  expect(thrown).toBeInstanceOf(ApiProblem);
  expect(thrown).toMatchObject({ status: 503, code: 'unknown', message: '{"code":"overl' });
});

test('the body of an operation is no option', async () => {
  const sent: unknown[] = [];
  const fetch = async (_: unknown, init?: RequestInit) => {
    sent.push(init?.body);
    return Response.json({});
  };
  const client = createClient({ url: 'http://collector', key: 'k', fetch });
  // What is wrong here the type checker tells: the name, its parameters and what goes with them, or less.
  expectTypeOf(client.call<'createWebhook'>)
    .parameters.toHaveProperty('length')
    .toEqualTypeOf<3>();
  expectTypeOf(client.call<'getStatus'>)
    .parameters.toHaveProperty('length')
    .toEqualTypeOf<1 | 2 | 3>();
  await client.call('createWebhook', {}, { body: { url: 'https://hooks.example' } });
  expect(sent).toEqual(['{"url":"https://hooks.example"}']);
});
