/**
 * The messages of OTLP's export requests by field number (opentelemetry-proto v1), for the slow paths that walk any
 * message alike: JSON, naming the field of a fault, merging repeated sub-messages, metrics. The fast passes have these
 * numbers as literals.
 */

export type MessageName =
  | 'TracesRequest'
  | 'ResourceSpans'
  | 'ScopeSpans'
  | 'LogsRequest'
  | 'ResourceLogs'
  | 'ScopeLogs'
  | 'LogRecord'
  | MetricMessageName
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

/** The messages of metrics that are read; what hangs below them otherwise (exemplars, buckets) is unknown here. */
type MetricMessageName =
  | 'MetricsRequest'
  | 'ResourceMetrics'
  | 'ScopeMetrics'
  | 'Metric'
  | 'Gauge'
  | 'Sum'
  | 'Histogram'
  | 'ExponentialHistogram'
  | 'Summary'
  | 'NumberDataPoint'
  | 'HistogramDataPoint'
  | 'ExponentialHistogramDataPoint'
  | 'SummaryDataPoint';

/** How a scalar is written: `hexId` and `bytes` differ in JSON only (hexadecimal, base64). */
export type ScalarKind =
  | 'string'
  | 'hexId'
  | 'bytes'
  | 'bool'
  | 'enum'
  | 'uint32'
  | 'int64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

export interface FieldSchema {
  /** Name as OTLP/JSON writes it. */
  readonly name: string;
  /** Absent for messages. */
  readonly kind?: ScalarKind;
  /** The message it holds; absent for scalars. */
  readonly message?: MessageName;
  /** True for `repeated`. */
  readonly many?: boolean;
}

const ATTRIBUTES: FieldSchema = { name: 'attributes', message: 'KeyValue', many: true };
const DROPPED_ATTRIBUTES: FieldSchema = { name: 'droppedAttributesCount', kind: 'uint32' };
const SCHEMA_URL: FieldSchema = { name: 'schemaUrl', kind: 'string' };
const POINT_TIMES: Readonly<Record<number, FieldSchema>> = {
  2: { name: 'startTimeUnixNano', kind: 'fixed64' },
  3: { name: 'timeUnixNano', kind: 'fixed64' },
};
const POINT_SUM: Readonly<Record<number, FieldSchema>> = {
  ...POINT_TIMES,
  4: { name: 'count', kind: 'fixed64' },
  5: { name: 'sum', kind: 'double' },
};
const points = (message: MessageName): FieldSchema => ({ name: 'dataPoints', message, many: true });
const TEMPORALITY: FieldSchema = { name: 'aggregationTemporality', kind: 'enum' };

export const MESSAGES: Readonly<Record<MessageName, Readonly<Record<number, FieldSchema>>>> = {
  TracesRequest: { 1: { name: 'resourceSpans', message: 'ResourceSpans', many: true } },
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
  LogsRequest: { 1: { name: 'resourceLogs', message: 'ResourceLogs', many: true } },
  ResourceLogs: {
    1: { name: 'resource', message: 'Resource' },
    2: { name: 'scopeLogs', message: 'ScopeLogs', many: true },
    3: SCHEMA_URL,
  },
  ScopeLogs: {
    1: { name: 'scope', message: 'Scope' },
    2: { name: 'logRecords', message: 'LogRecord', many: true },
    3: SCHEMA_URL,
  },
  LogRecord: {
    1: { name: 'timeUnixNano', kind: 'fixed64' },
    2: { name: 'severityNumber', kind: 'enum' },
    3: { name: 'severityText', kind: 'string' },
    5: { name: 'body', message: 'AnyValue' },
    6: ATTRIBUTES,
    7: DROPPED_ATTRIBUTES,
    8: { name: 'flags', kind: 'fixed32' },
    9: { name: 'traceId', kind: 'hexId' },
    10: { name: 'spanId', kind: 'hexId' },
    11: { name: 'observedTimeUnixNano', kind: 'fixed64' },
    12: { name: 'eventName', kind: 'string' },
  },
  MetricsRequest: { 1: { name: 'resourceMetrics', message: 'ResourceMetrics', many: true } },
  ResourceMetrics: {
    1: { name: 'resource', message: 'Resource' },
    2: { name: 'scopeMetrics', message: 'ScopeMetrics', many: true },
    3: SCHEMA_URL,
  },
  ScopeMetrics: {
    1: { name: 'scope', message: 'Scope' },
    2: { name: 'metrics', message: 'Metric', many: true },
    3: SCHEMA_URL,
  },
  Metric: {
    1: { name: 'name', kind: 'string' },
    2: { name: 'description', kind: 'string' },
    3: { name: 'unit', kind: 'string' },
    5: { name: 'gauge', message: 'Gauge' },
    7: { name: 'sum', message: 'Sum' },
    9: { name: 'histogram', message: 'Histogram' },
    10: { name: 'exponentialHistogram', message: 'ExponentialHistogram' },
    11: { name: 'summary', message: 'Summary' },
    12: { name: 'metadata', message: 'KeyValue', many: true },
  },
  Gauge: { 1: points('NumberDataPoint') },
  Sum: {
    1: points('NumberDataPoint'),
    2: TEMPORALITY,
    3: { name: 'isMonotonic', kind: 'bool' },
  },
  Histogram: { 1: points('HistogramDataPoint'), 2: TEMPORALITY },
  ExponentialHistogram: { 1: points('ExponentialHistogramDataPoint'), 2: TEMPORALITY },
  Summary: { 1: points('SummaryDataPoint') },
  NumberDataPoint: {
    ...POINT_TIMES,
    4: { name: 'asDouble', kind: 'double' },
    6: { name: 'asInt', kind: 'sfixed64' },
    7: ATTRIBUTES,
    8: { name: 'flags', kind: 'uint32' },
  },
  HistogramDataPoint: { ...POINT_SUM, 9: ATTRIBUTES, 10: { name: 'flags', kind: 'uint32' } },
  ExponentialHistogramDataPoint: {
    ...POINT_SUM,
    1: ATTRIBUTES,
    10: { name: 'flags', kind: 'uint32' },
  },
  SummaryDataPoint: { ...POINT_SUM, 7: ATTRIBUTES, 8: { name: 'flags', kind: 'uint32' } },
  Resource: {
    1: ATTRIBUTES,
    2: DROPPED_ATTRIBUTES,
    3: { name: 'entityRefs', message: 'EntityRef', many: true },
  },
  EntityRef: {
    1: SCHEMA_URL,
    2: { name: 'type', kind: 'string' },
    3: { name: 'idKeys', kind: 'string', many: true },
    4: { name: 'descriptionKeys', kind: 'string', many: true },
  },
  Scope: {
    1: { name: 'name', kind: 'string' },
    2: { name: 'version', kind: 'string' },
    3: ATTRIBUTES,
    4: DROPPED_ATTRIBUTES,
  },
  Span: {
    1: { name: 'traceId', kind: 'hexId' },
    2: { name: 'spanId', kind: 'hexId' },
    3: { name: 'traceState', kind: 'string' },
    4: { name: 'parentSpanId', kind: 'hexId' },
    5: { name: 'name', kind: 'string' },
    6: { name: 'kind', kind: 'enum' },
    7: { name: 'startTimeUnixNano', kind: 'fixed64' },
    8: { name: 'endTimeUnixNano', kind: 'fixed64' },
    9: ATTRIBUTES,
    10: DROPPED_ATTRIBUTES,
    11: { name: 'events', message: 'Event', many: true },
    12: { name: 'droppedEventsCount', kind: 'uint32' },
    13: { name: 'links', message: 'Link', many: true },
    14: { name: 'droppedLinksCount', kind: 'uint32' },
    15: { name: 'status', message: 'Status' },
    16: { name: 'flags', kind: 'fixed32' },
  },
  Event: {
    1: { name: 'timeUnixNano', kind: 'fixed64' },
    2: { name: 'name', kind: 'string' },
    3: ATTRIBUTES,
    4: DROPPED_ATTRIBUTES,
  },
  Link: {
    1: { name: 'traceId', kind: 'hexId' },
    2: { name: 'spanId', kind: 'hexId' },
    3: { name: 'traceState', kind: 'string' },
    4: ATTRIBUTES,
    5: DROPPED_ATTRIBUTES,
    6: { name: 'flags', kind: 'fixed32' },
  },
  Status: { 2: { name: 'message', kind: 'string' }, 3: { name: 'code', kind: 'enum' } },
  KeyValue: { 1: { name: 'key', kind: 'string' }, 2: { name: 'value', message: 'AnyValue' } },
  AnyValue: {
    1: { name: 'stringValue', kind: 'string' },
    2: { name: 'boolValue', kind: 'bool' },
    3: { name: 'intValue', kind: 'int64' },
    4: { name: 'doubleValue', kind: 'double' },
    5: { name: 'arrayValue', message: 'ArrayValue' },
    6: { name: 'kvlistValue', message: 'KeyValueList' },
    7: { name: 'bytesValue', kind: 'bytes' },
  },
  ArrayValue: { 1: { name: 'values', message: 'AnyValue', many: true } },
  KeyValueList: { 1: { name: 'values', message: 'KeyValue', many: true } },
};
