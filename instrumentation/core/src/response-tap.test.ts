import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FetchResponse, tapResponse } from './response-tap.ts';
import { type TestCall, testCall } from './test-call.ts';

const EVENTS = 'data: 1\n\ndata: 2\n\ndata: 3\n\ndata: [DONE]\n\n';
const INPUT = 'gen_ai.usage.input_tokens';
const OUTPUT = 'gen_ai.usage.output_tokens';

type Init = ConstructorParameters<typeof Response>[1];
interface Kind {
  readonly kind: string;
  /** A response of these pieces of a body, which fails at the end if it is to. */
  make(pieces: readonly string[], init: Init, error?: Error): FetchResponse;
  /** What a reader of the body gets. */
  read(response: FetchResponse): AsyncIterable<Uint8Array>;
}

async function* bytesOf(pieces: readonly string[], error?: Error): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await turn();
    yield Buffer.from(piece);
  }
  if (error !== undefined) throw error;
}

/** As node-fetch has it: a Node stream for a body. */
class NodeResponse implements FetchResponse {
  readonly body: Readable;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly redirected: boolean;

  constructor(body: Readable, init: Init & { url?: string; counter?: number }) {
    this.body = body;
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? '';
    this.headers = new Headers(init.headers);
    this.url = init.url ?? '';
    this.redirected = (init.counter ?? 0) > 0;
  }
}

const KINDS: readonly Kind[] = [
  {
    kind: 'fetch',
    make: (pieces, init, error) => new Response(ReadableStream.from(bytesOf(pieces, error)), init),
    read: ({ body }) => body as ReadableStream<Uint8Array>,
  },
  {
    kind: 'node-fetch',
    make: (pieces, init, error) =>
      new NodeResponse(Readable.from(bytesOf(pieces, error)), { ...init }),
    read: ({ body }) => body as Readable,
  },
];

const AS_EVENTS = {
  headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'r' },
};
const AS_JSON = { headers: { 'content-type': 'application/json' } };

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe.for(KINDS)('a response of $kind', ({ make, read }) => {
  test('is one of the same class, with everything that it tells', () => {
    const given = make([EVENTS], { ...AS_EVENTS, status: 206, statusText: 'Some' });
    const tapped = tapResponse(given, testCall());
    expect(tapped).not.toBe(given);
    expect(tapped.constructor).toBe(given.constructor);
    const { status, statusText, url, redirected } = given;
    expect(tapped).toMatchObject({ status, statusText, url, redirected });
    expect(tapped.headers.get('x-request-id')).toBe('r');
  });

  test('passes its events on, without those that are hidden', async () => {
    const call = testCall(2);
    const tapped = tapResponse(make([EVENTS.slice(0, 12), EVENTS.slice(12)], AS_EVENTS), call);
    expect(await textOf(read(tapped))).toBe(EVENTS.replace('data: 2\n\n', ''));
    expect(call.read).toEqual([1, 2, 3]);
    expect(call.ended()).toMatchObject({ [OUTPUT]: 3 });
  });

  test('is read as JSON when it has ended', async () => {
    const call = testCall();
    const tapped = tapResponse(make(['{"tok', 'ens":5}'], AS_JSON), call);
    expect(await textOf(read(tapped))).toBe('{"tokens":5}');
    expect(call.ended()).toMatchObject({ [INPUT]: 5 });
  });

  test('that is no JSON although it says so is passed on', async () => {
    const call = testCall();
    expect(await textOf(read(tapResponse(make(['<html>'], AS_JSON), call)))).toBe('<html>');
    expect(call.ended()).toBeDefined();
  });

  test('whose body says nothing is the response itself, and the call has ended', async () => {
    const call = testCall();
    const given = make(['sound'], { headers: { 'content-type': 'audio/mpeg' } });
    expect(tapResponse(given, call)).toBe(given);
    expect(call.ended()).toBeDefined();
    expect(await textOf(read(given))).toBe('sound');
  });

  test('that breaks off is an error to who reads it, and on the call', async () => {
    const call = testCall();
    const error = new RangeError('broke');
    const tapped = tapResponse(make([EVENTS.slice(0, 9)], AS_EVENTS, error), call);
    await expect(textOf(read(tapped))).rejects.toThrow('broke');
    expect(call.ended()).toMatchObject({ [OUTPUT]: 1, 'error.type': 'RangeError' });
  });

  test('that is left early ends the call without an error', async () => {
    const call = testCall();
    const tapped = tapResponse(
      make(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'], AS_EVENTS),
      call,
    );
    for await (const _ of read(tapped)) break;
    await turn();
    await turn();
    expect(call.ended()).toBeDefined();
    expect(call.ended()).not.toHaveProperty('error.type');
  });

  test.for([
    ['cannot be made again', undefined],
    ['is none', Object],
    [
      'makes something else',
      class {
        status = 0;
      },
    ],
  ])('whose class %s is the response itself, and its body is whole', async ([, value]) => {
    const call = testCall();
    const given = make([EVENTS.slice(0, 12), EVENTS.slice(12)], AS_EVENTS);
    Object.defineProperty(given, 'constructor', { value });
    expect(tapResponse(given, call)).toBe(given);
    await turn();
    expect(await textOf(read(given))).toBe(EVENTS);
    expect(call.ended()).toBeDefined();
    expect(call.read).toEqual([]);
  });
});

describe('a response of a server', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, answer) =>
      answer.writeHead(200, AS_JSON.headers).end('{"tokens":5}'),
    );
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const fetched = async (call: TestCall): Promise<Response> => tapResponse(await fetch(url), call);

  test('is whole although the response that it was made of was forgotten', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const tapped = await fetched(testCall());
    for (let i = 0; i < 5; i += 1) {
      collectGarbage();
      await turn();
    }
    expect(await tapped.text()).toBe('{"tokens":5}');
  });

  test("is read into the application's own memory, as the body of a fetch can be", async () => {
    const call = testCall();
    const { body } = await fetched(call);
    const reader = body!.getReader({ mode: 'byob' });
    let text = '';
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(5));
      text += Buffer.from(value ?? []).toString();
      if (done) break;
    }
    expect(text).toBe('{"tokens":5}');
    expect(call.ended()).toMatchObject({ [INPUT]: 5 });
  });
});

test('a body that nobody reads is not read by us', async () => {
  let isPulled = false;
  const pull = (): void => {
    isPulled = true;
  };
  const body = new ReadableStream({ pull }, { highWaterMark: 0 });
  tapResponse(new Response(body, AS_EVENTS), testCall());
  await turn();
  expect(isPulled).toBe(false);
});
