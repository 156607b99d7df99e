import { context, TraceFlags, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallReader } from './call-reader.ts';
import type { FetchResponse } from './response-tap.ts';
import {
  type StainlessApi,
  type StainlessClient,
  type StainlessRequest,
  watchFetch,
  watchPost,
} from './stainless-client.ts';
import type { StainlessPromise } from './stainless-promise.ts';
import { startTracing, type TestTracing } from './test-tracing.ts';

/** The SDK's promise, as far as it matters: nothing is parsed until somebody asks. */
class ApiPromise extends Promise<unknown> implements StainlessPromise {
  private readonly sent: Promise<Response>;
  private readonly read: (response: Response) => unknown;

  constructor(sent: Promise<Response>, read = (response: Response): unknown => response.json()) {
    super((resolve) => resolve(undefined));
    this.sent = sent;
    this.read = read;
  }

  static override get [Symbol.species]() {
    return Promise;
  }

  parse(): Promise<unknown> {
    return this.sent.then(this.read);
  }

  asResponse(): Promise<FetchResponse> {
    return this.sent;
  }

  _thenUnwrap(transform: (data: unknown, props: unknown) => unknown): ApiPromise {
    return new ApiPromise(this.sent, async (response) => transform(await this.read(response), {}));
  }

  // biome-ignore lint/suspicious/noThenProperty: the SDK's promise does the same.
  override then<Good, Bad>(
    good?: ((value: unknown) => Good | PromiseLike<Good>) | null,
    bad?: ((reason: unknown) => Bad | PromiseLike<Bad>) | null,
  ): Promise<Good | Bad> {
    return this.parse().then(good, bad);
  }
}

interface Sent {
  readonly path: string;
  readonly request: StainlessRequest;
  readonly spanId: string | undefined;
}

/** A client that tries twice. */
class Client implements StainlessClient {
  readonly baseURL = 'http://127.0.0.1/v1';
  readonly sent: Sent[] = [];
  answers: (() => Response)[] = [];

  post(path: string, options?: StainlessRequest | Promise<StainlessRequest>): ApiPromise {
    const send = async (): Promise<Response> => {
      const request = (await options) ?? {};
      for (let tries = 1; ; tries += 1) {
        const response = (await this.fetchWithTimeout(path, request)) as Response;
        if (response.ok) return response;
        if (tries === 2) throw Object.assign(new Error('refused'), { status: response.status });
      }
    };
    return new ApiPromise(send());
  }

  async fetchWithTimeout(...[path, request]: unknown[]): Promise<FetchResponse> {
    const spanId = trace.getActiveSpan()?.spanContext().spanId;
    this.sent.push({ path: path as string, request: request as StainlessRequest, spanId });
    return (this.answers.shift() ?? (() => Response.json({ tokens: 5 })))();
  }
}

const reader: CallReader = {
  request: { operation: 'chat', provider: 'p', model: 'm' },
  readWhole: (answer) => ({
    usage: { inputTokens: (answer as { tokens: number }).tokens, outputTokens: 0 },
  }),
};
const api: StainlessApi = {
  tracer: () => trace.getTracer('test'),
  isCall: (path) => path === '/chat',
  readerFor: ({ request }) => (request.body === 'none' ? undefined : reader),
};

function watched(more: Partial<StainlessApi> = {}): Client {
  class Watched extends Client {}
  Watched.prototype.post = watchPost(Client.prototype.post, { ...api, ...more }) as Client['post'];
  Watched.prototype.fetchWithTimeout = watchFetch(Client.prototype.fetchWithTimeout);
  return new Watched();
}

let tracing: TestTracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => tracing.stop());
const told = () =>
  tracing.spans().map(({ name, attributes }) => [name, attributes['gen_ai.usage.input_tokens']]);

describe('a client that is watched', () => {
  test('tells a call by what it answers, and sends within its span', async () => {
    const client = watched();
    expect(await client.post('/chat', { body: 1 })).toEqual({ tokens: 5 });
    expect(told()).toEqual([['chat m', 5]]);
    expect(client.sent[0]?.spanId).toBe(tracing.spans()[0]?.spanContext().spanId);
  });

  test('takes options that are still to come', async () => {
    const client = watched();
    expect(await client.post('/chat', Promise.resolve({ body: 1 }))).toEqual({ tokens: 5 });
    expect(client.sent[0]?.request).toEqual({ body: 1 });
    expect(told()).toEqual([['chat m', 5]]);
  });

  test.for([
    ['another path', '/files', { body: 1 }],
    ['a request that is no call', '/chat', { body: 'none' }],
  ] as const)('leaves %s alone', async ([, path, request]) => {
    const client = watched();
    expect(await client.post(path, request)).toEqual({ tokens: 5 });
    expect(client.sent[0]).toEqual({ path, request, spanId: undefined });
    expect(told()).toEqual([]);
  });

  test('gives the promise of the SDK, and reads an answer once however it is asked for', async () => {
    const promise = watched().post('/chat', { body: 1 });
    expect(promise).toBeInstanceOf(ApiPromise);
    const doubled = promise._thenUnwrap((data) => ({ ...(data as object), more: 1 }));
    expect(await doubled).toEqual({ tokens: 5, more: 1 });
    expect(told()).toEqual([['chat m', 5]]);
  });

  test('looks at the raw body while the application reads it', async () => {
    const raw = await watched().post('/chat', { body: 1 }).asResponse();
    expect(told()).toEqual([]);
    expect(await (raw as Response).json()).toEqual({ tokens: 5 });
    expect(told()).toEqual([['chat m', 5]]);
  });

  test('leaves the raw response alone where nobody records the call', async () => {
    const client = watched();
    const given = Response.json({ tokens: 5 });
    client.answers = [() => given];
    const parent = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.NONE };
    const asked = context.with(trace.setSpanContext(context.active(), parent), () =>
      client.post('/chat', { body: 1 }).asResponse(),
    );
    expect(await asked).toBe(given);
    expect(told()).toEqual([]);
  });

  test('shows the try that failed, and fails with the error of the SDK', async () => {
    const client = watched();
    const refuse = () => new Response('no', { status: 429 });
    client.answers = [refuse];
    expect(await client.post('/chat', { body: 1 })).toEqual({ tokens: 5 });
    expect(told()).toEqual([
      ['failed try', undefined],
      ['chat m', 5],
    ]);
    client.answers = [refuse, refuse];
    await expect(client.post('/chat', { body: 1 })).rejects.toMatchObject({ status: 429 });
    client.answers = [refuse, refuse];
    await expect(client.post('/chat', { body: 1 }).asResponse()).rejects.toMatchObject({
      status: 429,
    });
    expect(tracing.spans().at(-1)?.attributes['http.response.status_code']).toBe(429);
    expect(tracing.spans()).toHaveLength(6);
  });

  test('follows the tries of many calls at once where nobody keeps contexts', async () => {
    context.disable();
    const client = watched();
    client.answers = [() => new Response('no', { status: 429 })];
    await Promise.all([1, 2, 3].map((body) => client.post('/chat', { body })));
    const calls = tracing.spans().filter(({ name }) => name === 'chat m');
    const resent = calls.map(({ attributes }) => attributes['http.request.resend_count']);
    expect(resent.toSorted()).toEqual([1, undefined, undefined]);
  });

  test('does all that its SDK does for a call below the span of the call', async () => {
    class Asking extends Client {
      override post(...parameters: Parameters<Client['post']>): ApiPromise {
        trace.getTracer('sdk').startSpan('token').end();
        return super.post(...parameters);
      }
    }
    const post = watchPost(Asking.prototype.post, api) as Client['post'];
    await post.call(new Asking(), '/chat', { body: 1 });
    const [token, call] = tracing.spans();
    expect(token?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
  });

  test('sends what the API makes of a request, and leaves the application its own', async () => {
    const client = watched({
      requestFor: ({ request }) => ({
        request: { ...request, body: { ...(request.body as object), usage: true } },
      }),
    });
    const given = Object.freeze({ body: Object.freeze({ a: 1 }) });
    await client.post('/chat', given);
    expect(client.sent[0]?.request).toEqual({ body: { a: 1, usage: true } });
  });

  const fail = (): never => {
    throw new Error('ours');
  };
  test.for([
    ['isCall', { isCall: fail }],
    ['readerFor', { readerFor: fail }],
    ['requestFor', { requestFor: fail }],
    ['tracer', { tracer: fail }],
    ['readWhole', { readerFor: () => ({ ...reader, readWhole: fail }) }],
  ] as const)('works as ever where our %s throws', async ([, broken]) => {
    const client = watched(broken as Partial<StainlessApi>);
    expect(await client.post('/chat', { body: 1 })).toEqual({ tokens: 5 });
    expect(client.sent.map(({ request }) => request)).toEqual([{ body: 1 }]);
  });
});
