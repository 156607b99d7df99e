/** The two places of the SDK's Protocol class where requests pass: one is sent, a handler of one is set. */

import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import { WatchMark } from '@ai-cost-profiler/core/watch-mark.ts';
import { type Context, context, propagation, type Tracer, trace } from '@opentelemetry/api';
import { endWithAnswer, endWithError, startRequestSpan } from './mcp-span.ts';

/** What of a JSON-RPC request is read. */
export interface McpRequest {
  readonly method: string;
  readonly params?: McpParams | undefined;
}

export interface McpParams {
  readonly name?: unknown;
  readonly uri?: unknown;
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
}

/** What of a transport is read. */
export interface McpTransport {
  readonly sessionId?: string | undefined;
  readonly protocolVersion?: string | undefined;
}

/** What of a Client or a Server is read. */
interface ProtocolInstance {
  readonly transport?: McpTransport | undefined;
  readonly _requestMessageId?: unknown;
}

/** The second argument of a handler. */
interface HandlerExtra {
  readonly _meta?: McpParams['_meta'];
  readonly requestId?: string | number | undefined;
}

type Request = (
  this: ProtocolInstance,
  request: McpRequest,
  ...rest: unknown[]
) => Promise<unknown>;
type Handler = (request: McpRequest, extra?: HandlerExtra, ...rest: unknown[]) => unknown;
type SetRequestHandler = (this: ProtocolInstance, schema: unknown, handler: Handler) => void;

interface ProtocolPrototype {
  request: Request;
  setRequestHandler: SetRequestHandler;
}

/** The class, by what is replaced in it. */
export interface ProtocolClass {
  readonly prototype: object;
}

/** Undefined: nothing is watched at the moment. */
export type CurrentTracer = () => Tracer | undefined;

const MARK = new WatchMark('@ai-cost-profiler/mcp');

/**
 * Watches what instances of this class, or of one that is derived from it, send and handle from now on. Give it the
 * class `Protocol` by hand in applications whose bundle no hook can see. Once for each class.
 */
export function watchProtocol({ prototype }: ProtocolClass, tracer: CurrentTracer): void {
  if (MARK.isOn(prototype)) return;
  MARK.put(prototype);
  const methods = prototype as ProtocolPrototype;
  const { request, setRequestHandler } = methods;
  methods.request = function watchedRequest(asked, ...rest) {
    const begun = safely('the span of an MCP request', () => beginRequest(this, tracer(), asked));
    if (begun === undefined) return request.call(this, asked, ...rest);
    return context.with(begun.inside, () =>
      settled(begun.inside, () => request.call(this, begun.sent, ...rest)),
    ) as Promise<unknown>;
  };
  methods.setRequestHandler = function watchedSetting(schema, handler) {
    const transport = (): McpTransport | undefined => this.transport;
    setRequestHandler.call(this, schema, watched(handler, tracer, transport));
  };
}

interface BegunRequest {
  /** With the span. */
  readonly inside: Context;
  /** The request with the context in its `_meta`; the application's own stays as it is. */
  readonly sent: McpRequest;
}

function beginRequest(
  sender: ProtocolInstance,
  tracer: Tracer | undefined,
  request: McpRequest,
): BegunRequest | undefined {
  if (tracer === undefined) return undefined;
  const id = sender._requestMessageId;
  const { transport } = sender;
  const inside = startRequestSpan(tracer, { side: 'client', request, id, transport });
  const carrier: Record<string, string> = {};
  propagation.inject(inside, carrier);
  const { params } = request;
  const sent = { ...request, params: { ...params, _meta: { ...carrier, ...params?._meta } } };
  return { inside, sent: Object.keys(carrier).length === 0 ? request : sent };
}

function watched(
  handler: Handler,
  tracer: CurrentTracer,
  transport: () => McpTransport | undefined,
): Handler {
  return function watchedRequestHandler(this: unknown, request, extra, ...rest) {
    const work = (): unknown => handler.call(this, request, extra, ...rest);
    const inside = safely('the span of an MCP request', () => {
      const current = tracer();
      if (current === undefined) return undefined;
      const meta = extra?._meta ?? request.params?._meta ?? {};
      const parent = propagation.extract(context.active(), meta);
      const asked = {
        side: 'server',
        request,
        id: extra?.requestId,
        transport: transport(),
      } as const;
      return startRequestSpan(current, asked, parent);
    });
    return inside === undefined ? work() : context.with(inside, () => settled(inside, work));
  };
}

/** Does it, and ends the span of `inside` with what came of it. Gives what `work` gives, and throws what it throws. */
function settled(inside: Context, work: () => unknown): unknown {
  const span = trace.getSpan(inside)!;
  const failed = (error: unknown): never => {
    safely('ending the span of an MCP request', () => endWithError(span, error));
    throw error;
  };
  const answered = (answer: unknown): unknown => {
    safely('ending the span of an MCP request', () => endWithAnswer(span, answer));
    return answer;
  };
  try {
    const result = work();
    const isPromise = typeof (result as Partial<Promise<unknown>> | undefined)?.then === 'function';
    return isPromise ? (result as Promise<unknown>).then(answered, failed) : answered(result);
  } catch (error) {
    return failed(error);
  }
}
