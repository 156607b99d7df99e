import { describe, expect, test } from 'vitest';
import { type AddedToRequest, type FetchParameters, sendWithAdded } from './added-request.ts';
import type { FetchResponse } from './response-tap.ts';

/** Adds `more` to a body; notes how servers take it. */
function adding(told: string[]): AddedToRequest {
  return {
    isRefusal: (status) => status === 400,
    mayBeRefused: (_, text = 'more') => text.includes('more'),
    removeFrom: (body) => body.replace(',"more":1', ''),
    taken: () => told.push('taken'),
    refused: () => told.push('refused'),
  };
}

const BODY = '{"model":"m","more":1}';
const URL_ = 'http://127.0.0.1/v1';

/** Sends once or twice, with these answers. */
async function send(answers: readonly FetchResponse[], init: object = {}) {
  const told: string[] = [];
  const sent: FetchParameters[] = [];
  const response = await sendWithAdded(
    [URL_, { method: 'post', body: BODY, ...init }, 1000],
    (parameters) => {
      sent.push(parameters);
      return Promise.resolve(answers[sent.length - 1]!);
    },
    adding(told),
  );
  return { response: response as Response, told, sent };
}

const headersOf = (sent: readonly FetchParameters[]): object =>
  (sent[1]![1] as { headers: object }).headers;

const refused = (text = 'unknown field: more', status = 400): Response =>
  new Response(text, { status });

describe('a request with something added', () => {
  test("that is answered is sent once, and the answer is the server's", async () => {
    const answer = new Response('fine');
    const { response, told, sent } = await send([answer]);
    expect(response).toBe(answer);
    expect(sent).toHaveLength(1);
    expect(told).toEqual(['taken']);
  });

  test('that may be refused for it is sent again without, with everything else', async () => {
    const answer = new Response('fine');
    const { response, told, sent } = await send([refused(), answer]);
    expect(response).toBe(answer);
    expect(sent[1]).toEqual([URL_, { method: 'post', body: '{"model":"m"}' }, 1000]);
    expect(told).toEqual(['refused']);
  });

  test('that fails without it too has the answer to what the application sent', async () => {
    const second = refused('model is away');
    const { response, told } = await send([refused(), second]);
    expect(response).toBe(second);
    expect(told).toEqual([]);
  });

  test.for([
    ['another error', refused('model is away')],
    ['another status', refused('more', 429)],
  ] as const)('that has %s is not sent again, and the error can be read', async ([, error]) => {
    const { status } = error;
    const { response, sent } = await send([error]);
    expect(sent).toHaveLength(1);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(/more|model is away/);
  });

  test('whose error has a status that means something else is not even read', async () => {
    const error = refused('more', 429);
    const { response } = await send([error]);
    expect(response).toBe(error);
    expect(error.bodyUsed).toBe(false);
  });

  test.for([
    ['a plain object', { constructor: Object }],
    ['no object of a class', { constructor: undefined }],
    [
      'of a class that makes others',
      {
        constructor: class {
          status = 200;
        },
      },
    ],
    ['of a class that cannot be made', { constructor: () => undefined }],
  ] as const)('that is answered with %s goes without a look at the body', async ([, like]) => {
    let reads = 0;
    const text = (): Promise<string> => {
      reads += 1;
      return Promise.resolve('more');
    };
    const headers = new Headers();
    const answer = (status: number): FetchResponse => ({
      status,
      statusText: '',
      headers,
      url: '',
      body: null,
      text,
      ...like,
    });
    const [unauthorized, again] = [answer(401), answer(200)];
    expect((await send([unauthorized])).response).toBe(unauthorized);
    expect((await send([answer(400), again])).response).toBe(again);
    expect(reads).toBe(0);
  });

  test('counts its bytes again where the SDK has counted them', async () => {
    const plain = await send([refused(), new Response()], {
      headers: { 'content-length': '22', a: 'b' },
    });
    expect(headersOf(plain.sent)).toEqual({
      'content-length': '13',
      a: 'b',
    });
    const headers = new Headers({ 'content-length': '22', a: 'b' });
    const web = await send([refused(), new Response()], { headers });
    expect([...(headersOf(web.sent) as Headers)]).toEqual([
      ['a', 'b'],
      ['content-length', '13'],
    ]);
    expect(headers.get('content-length')).toBe('22');
  });

  test('whose body is no text is not sent again', async () => {
    const { response, sent } = await send([refused()], { body: Buffer.from(BODY) });
    expect(sent).toHaveLength(1);
    expect(await response.text()).toContain('more');
  });

  test("stays the application's where we fail", async () => {
    const fail = (): never => {
      throw new Error('ours');
    };
    const broken = {
      isRefusal: () => true,
      mayBeRefused: fail,
      removeFrom: fail,
      taken: fail,
      refused: fail,
    };
    for (const answer of [new Response('fine'), refused()]) {
      const { status } = answer;
      const response = await sendWithAdded(
        [URL_, { body: BODY }],
        () => Promise.resolve(answer),
        broken,
      );
      expect(response.status).toBe(status);
    }
  });
});
