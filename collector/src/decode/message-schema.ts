/**
 * The messages of `ExportTraceServiceRequest` by field number (opentelemetry-proto v1), for the slow
 * paths that walk any message alike: naming the field of a fault, merging repeated sub-messages. The
 * fast passes have these numbers as literals.
 */

export type MessageName =
  | 'Request'
  | 'ResourceSpans'
  | 'ScopeSpans'
  | 'Resource'
  | 'EntityRef'
  | 'Scope'
  | 'Span'
  | 'Event'
  | 'Link'
  | 'Status'
  | 'KeyValue'
  | 'AnyValue'
  | 'ArrayValue'
  | 'KeyValueList';

export interface FieldSchema {
  /** Name as OTLP/JSON writes it. */
  readonly name: string;
  /** The message it holds; absent for scalars. */
  readonly message?: MessageName;
  /** True for `repeated`. */
  readonly many?: boolean;
}

const ATTRIBUTES: FieldSchema = { name: 'attributes', message: 'KeyValue', many: true };
const DROPPED_ATTRIBUTES: FieldSchema = { name: 'droppedAttributesCount' };
const SCHEMA_URL: FieldSchema = { name: 'schemaUrl' };

export const MESSAGES: Readonly<Record<MessageName, Readonly<Record<number, FieldSchema>>>> = {
  Request: { 1: { name: 'resourceSpans', message: 'ResourceSpans', many: true } },
  ResourceSpans: {
    1: { name: 'resource', message: 'Resource' },
    2: { name: 'scopeSpans', message: 'ScopeSpans', many: true },
    3: SCHEMA_URL,
  },
  ScopeSpans: {
    1: { name: 'scope', message: 'Scope' },
    2: { name: 'spans', message: 'Span', many: true },
    3: SCHEMA_URL,
  },
  Resource: {
    1: ATTRIBUTES,
    2: DROPPED_ATTRIBUTES,
    3: { name: 'entityRefs', message: 'EntityRef', many: true },
  },
  EntityRef: {
    1: SCHEMA_URL,
    2: { name: 'type' },
    3: { name: 'idKeys', many: true },
    4: { name: 'descriptionKeys', many: true },
  },
  Scope: {
    1: { name: 'name' },
    2: { name: 'version' },
    3: ATTRIBUTES,
    4: DROPPED_ATTRIBUTES,
  },
  Span: {
    1: { name: 'traceId' },
    2: { name: 'spanId' },
    3: { name: 'traceState' },
    4: { name: 'parentSpanId' },
    5: { name: 'name' },
    6: { name: 'kind' },
    7: { name: 'startTimeUnixNano' },
    8: { name: 'endTimeUnixNano' },
    9: ATTRIBUTES,
    10: DROPPED_ATTRIBUTES,
    11: { name: 'events', message: 'Event', many: true },
    12: { name: 'droppedEventsCount' },
    13: { name: 'links', message: 'Link', many: true },
    14: { name: 'droppedLinksCount' },
    15: { name: 'status', message: 'Status' },
    16: { name: 'flags' },
  },
  Event: {
    1: { name: 'timeUnixNano' },
    2: { name: 'name' },
    3: ATTRIBUTES,
    4: DROPPED_ATTRIBUTES,
  },
  Link: {
    1: { name: 'traceId' },
    2: { name: 'spanId' },
    3: { name: 'traceState' },
    4: ATTRIBUTES,
    5: DROPPED_ATTRIBUTES,
    6: { name: 'flags' },
  },
  Status: { 2: { name: 'message' }, 3: { name: 'code' } },
  KeyValue: { 1: { name: 'key' }, 2: { name: 'value', message: 'AnyValue' } },
  AnyValue: {
    1: { name: 'stringValue' },
    2: { name: 'boolValue' },
    3: { name: 'intValue' },
    4: { name: 'doubleValue' },
    5: { name: 'arrayValue', message: 'ArrayValue' },
    6: { name: 'kvlistValue', message: 'KeyValueList' },
    7: { name: 'bytesValue' },
  },
  ArrayValue: { 1: { name: 'values', message: 'AnyValue', many: true } },
  KeyValueList: { 1: { name: 'values', message: 'KeyValue', many: true } },
};
