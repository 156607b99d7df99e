/** Imported spans as an OTLP request: from here on they go the way of every span. */
import type { ImportedSpan } from './read-row.ts';
import type { ImportSource } from './source.ts';

const CLIENT = 3;
const ERROR = 2;

/** OTLP/JSON. The spans of one resource stand together; `order` gives each one's index in `spans`, as they stand. */
export function otlpRequest(
  source: ImportSource,
  spans: readonly ImportedSpan[],
): { readonly bytes: Uint8Array; readonly order: readonly number[] } {
  const groups = new Map<string, { first: ImportedSpan; at: number[] }>();
  for (const [at, span] of spans.entries()) {
    const key = JSON.stringify([span.service, span.environment]);
    const group = groups.get(key) ?? { first: span, at: [] };
    group.at.push(at);
    groups.set(key, group);
  }
  const resourceSpans = [...groups.values()].map(({ first, at }) => ({
    resource: { attributes: resourceOf(first) },
    scopeSpans: [{ scope: { name: source.scope }, spans: at.map((one) => spanOf(spans[one]!)) }],
  }));
  const order = [...groups.values()].flatMap(({ at }) => at);
  return { bytes: Buffer.from(JSON.stringify({ resourceSpans })), order };
}

function resourceOf({ service, environment }: ImportedSpan): object[] {
  return Object.entries({
    'service.name': service,
    'deployment.environment.name': environment,
  }).flatMap(([key, text]) => (text === undefined ? [] : [{ key, value: { stringValue: text } }]));
}

function spanOf(span: ImportedSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: CLIENT,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: [...span.attributes].map(([key, value]) => ({ key, value })),
    ...(span.failure === undefined ? {} : { status: { code: ERROR, message: span.failure } }),
  };
}
