/** Whatever breaks in us, a request and its answer are the application's own. */
import { type Tracer, trace } from '@opentelemetry/api';
import { describe, expect, test, vi } from 'vitest';
import { type McpRequest, watchProtocol } from './mcp-protocol.ts';

type Handler = (request: McpRequest, extra?: object) => unknown;

/** As the SDK's class, by what we know of it. */
function protocolClass() {
  return class Protocol {
    readonly handlers: Handler[] = [];
    readonly sent: McpRequest[] = [];
    answer: Promise<unknown> = Promise.resolve('answer');

    request(request: McpRequest): Promise<unknown> {
      this.sent.push(request);
      return this.answer;
    }

    setRequestHandler(_schema: unknown, handler: Handler): void {
      this.handlers.push(handler);
    }
  };
}

const REQUEST = Object.freeze({ method: 'tools/call', params: Object.freeze({ name: 'add' }) });
const broken = (): Tracer => {
  throw new Error('of ours');
};
const brokenSpan = (): Tracer => {
  const span = trace.getTracer('none').startSpan('none');
  const fail = (): never => {
    throw new Error('of ours');
  };
  const parts = { setAttribute: fail, setStatus: fail, end: fail };
  return { startSpan: () => Object.assign(Object.create(span), parts) } as unknown as Tracer;
};

describe.for([
  { what: 'no tracer can be had', tracer: broken },
  { what: 'a span cannot be ended', tracer: brokenSpan },
])('while $what', ({ tracer }) => {
  test('a request goes out as it is, and its answer comes back', async () => {
    const Protocol = protocolClass();
    watchProtocol(Protocol, tracer);
    const client = new Protocol();
    await expect(client.request(REQUEST)).resolves.toBe('answer');
    expect(client.sent).toEqual([REQUEST]);
  });

  test('an error of the request is thrown on, the very same', async () => {
    const Protocol = protocolClass();
    watchProtocol(Protocol, tracer);
    const client = new Protocol();
    const error = new Error('of the server');
    client.answer = Promise.reject(error);
    await expect(client.request(REQUEST)).rejects.toBe(error);
  });

  test('a handler gets the request and what is beside it, and its answer is passed on', () => {
    const Protocol = protocolClass();
    watchProtocol(Protocol, tracer);
    const server = new Protocol();
    const handler = vi.fn(() => 'handled');
    server.setRequestHandler({}, handler);
    const extra = { requestId: 1 };
    expect(server.handlers[0]!(REQUEST, extra)).toBe('handled');
    expect(handler).toHaveBeenCalledExactlyOnceWith(REQUEST, extra);
  });
});

test('a class is watched once, and left alone while there is no tracer', async () => {
  const Protocol = protocolClass();
  const tracer = vi.fn(() => undefined);
  watchProtocol(Protocol, tracer);
  watchProtocol(Protocol, tracer);
  const client = new Protocol();
  await expect(client.request(REQUEST)).resolves.toBe('answer');
  expect(client.sent[0]).toBe(REQUEST);
  expect(tracer).toHaveBeenCalledOnce();
});
