/** The spans of the conventions for MCP (semantic-conventions-genai at 5c50d34, mcp.client and mcp.server). */

import { currentAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { fillAttribution } from '@ai-cost-profiler/core/attribution-attributes.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_JSONRPC_REQUEST_ID,
  ATTR_MCP_METHOD_NAME,
  ATTR_MCP_PROTOCOL_VERSION,
  ATTR_MCP_RESOURCE_URI,
  ATTR_MCP_SESSION_ID,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_NETWORK_TRANSPORT,
  ATTR_RPC_RESPONSE_STATUS_CODE,
} from '@ai-cost-profiler/core/semconv.ts';
import {
  type Attributes,
  type Context,
  context,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { McpRequest, McpTransport } from './mcp-protocol.ts';

export interface AskedRequest {
  /** Who tells: the one that asks, or the one that answers. Clients and servers do both. */
  readonly side: 'client' | 'server';
  readonly request: McpRequest;
  /** Of JSON-RPC. */
  readonly id: unknown;
  readonly transport: McpTransport | undefined;
}

/** Begins it below `parent`; the context with it. */
export function startRequestSpan(
  tracer: Tracer,
  asked: AskedRequest,
  parent: Context = context.active(),
): Context {
  const { side, request } = asked;
  const { target, attributes } = describe(request);
  const attribution = context.with(parent, currentAttribution);
  if (attribution !== undefined) fillAttribution(attributes, attribution);
  attributes[ATTR_MCP_METHOD_NAME] = request.method;
  Object.assign(attributes, idAttributes(asked.id), transportAttributes(asked.transport));
  const name = target === undefined ? request.method : `${request.method} ${target}`;
  const kind = side === 'client' ? SpanKind.CLIENT : SpanKind.SERVER;
  const span = tracer.startSpan(name, { kind, attributes, links: ambientLinks(parent) }, parent);
  return trace.setSpan(parent, span);
}

/** Ends it with an answer. A tool that failed answers too: it says so in its answer. */
export function endWithAnswer(span: Span, answer: unknown): void {
  if ((answer as { readonly isError?: unknown } | undefined)?.isError === true) {
    span.setAttribute(ATTR_ERROR_TYPE, 'tool_error');
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Ends it with an error: of JSON-RPC, by its code, or any other, by its class. Its message may hold content. */
export function endWithError(span: Span, error: unknown): void {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  const className = (error as object | undefined)?.constructor?.name;
  const isRpc = Number.isInteger(code);
  if (isRpc) span.setAttribute(ATTR_RPC_RESPONSE_STATUS_CODE, String(code));
  span.setAttribute(ATTR_ERROR_TYPE, isRpc ? String(code) : (className ?? '_OTHER'));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

interface Description {
  /** What the request is about, where it has few values. */
  readonly target: string | undefined;
  readonly attributes: Attributes;
}

function describe({ method, params }: McpRequest): Description {
  const name = typeof params?.name === 'string' ? params.name : undefined;
  if (method === 'tools/call' && name !== undefined) {
    const attributes = {
      [ATTR_GEN_AI_OPERATION_NAME]: 'execute_tool',
      [ATTR_GEN_AI_TOOL_NAME]: name,
    };
    return { target: name, attributes };
  }
  if (method === 'prompts/get' && name !== undefined) {
    return { target: name, attributes: { [ATTR_GEN_AI_PROMPT_NAME]: name } };
  }
  const isResource = method.startsWith('resources/') && typeof params?.uri === 'string';
  const attributes = isResource ? { [ATTR_MCP_RESOURCE_URI]: params.uri as string } : {};
  return { target: undefined, attributes };
}

const idAttributes = (id: unknown): Attributes =>
  typeof id === 'string' || typeof id === 'number' ? { [ATTR_JSONRPC_REQUEST_ID]: String(id) } : {};

/** The SDK's transports are told apart by the names of their classes. */
function transportAttributes(transport: McpTransport | undefined): Attributes {
  if (transport === undefined) return {};
  const { sessionId, protocolVersion } = transport;
  const attributes: Attributes = {};
  if (sessionId !== undefined) attributes[ATTR_MCP_SESSION_ID] = sessionId;
  if (protocolVersion !== undefined) attributes[ATTR_MCP_PROTOCOL_VERSION] = protocolVersion;
  const name = transport.constructor.name;
  if (name.startsWith('Stdio')) attributes[ATTR_NETWORK_TRANSPORT] = 'pipe';
  const protocol = /^WebSocket/.test(name)
    ? 'websocket'
    : /HTTP|SSE/.test(name)
      ? 'http'
      : undefined;
  if (protocol !== undefined) {
    attributes[ATTR_NETWORK_TRANSPORT] = 'tcp';
    attributes[ATTR_NETWORK_PROTOCOL_NAME] = protocol;
  }
  return attributes;
}

/** The parent came with the request: what is active here, such as the span of an HTTP request, is linked. */
function ambientLinks(parent: Context): Link[] {
  const ambient = trace.getSpanContext(context.active());
  const isParent = ambient?.spanId === trace.getSpanContext(parent)?.spanId;
  return ambient === undefined || isParent ? [] : [{ context: ambient }];
}
