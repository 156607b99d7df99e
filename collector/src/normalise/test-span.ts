/** One span as a test writes it, read as the collector reads it. */
import type { Call } from './call.ts';
import { normaliseRequest } from './fixture.ts';

type Told = string | number | boolean | bigint;

export interface TestSpan {
  scope?: string;
  version?: string;
  name?: string;
  attributes: Readonly<Record<string, Told>>;
  resource?: Readonly<Record<string, Told>>;
  traceState?: string;
  droppedAttributesCount?: number;
}

/** The call that the dialects make of the span; undefined: not an LLM call. */
export function callOf({ scope, version, name, attributes, ...told }: TestSpan): Call | undefined {
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: '0000000000000001',
    traceState: told.traceState ?? '',
    droppedAttributesCount: told.droppedAttributesCount ?? 0,
    name: name ?? 'chat',
    kind: 3,
    startTimeUnixNano: '1787227200000000000',
    endTimeUnixNano: '1787227201500000000',
    attributes: listOf(attributes),
  };
  const scopeSpans = [{ scope: { name: scope ?? '', version: version ?? '' }, spans: [span] }];
  const request = {
    resourceSpans: [{ resource: { attributes: listOf(told.resource ?? {}) }, scopeSpans }],
  };
  return normaliseRequest(Buffer.from(JSON.stringify(request)))[0];
}

function listOf(attributes: Readonly<Record<string, Told>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Told): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { intValue: String(value) };
    default:
      return Number.isSafeInteger(value)
        ? { intValue: String(value) }
        : { doubleValue: Number.isFinite(value) ? value : String(value) };
  }
}
