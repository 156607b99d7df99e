/**
 * The traces tables of the OpenTelemetry Collector's ClickHouse exporter, as it makes and fills them: attributes as
 * text in maps, ids in hexadecimal. Source: opentelemetry-collector-contrib, exporter/clickhouseexporter,
 * internal/sqltemplates/traces_table.sql@f92a5763, traces_id_ts_lookup_table.sql and _mv.sql, exporter_traces.go.
 */
import {
  hex,
  list,
  type Message,
  oracleValue,
  requestType,
  unsigned,
} from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';

export const STOCK_TABLES = [
  `CREATE TABLE {database}.otel_traces (
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Duration UInt64 CODEC(ZSTD(1)),
    StatusCode LowCardinality(String) CODEC(ZSTD(1)),
    StatusMessage String CODEC(ZSTD(1)),
    Events Nested (
      Timestamp DateTime64(9),
      Name LowCardinality(String),
      Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    Links Nested (
      TraceId String,
      SpanId String,
      TraceState String,
      Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1
  ) ENGINE = MergeTree
  PARTITION BY toDate(Timestamp)
  ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
  SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`,
  `CREATE TABLE {database}.otel_traces_trace_id_ts (
    TraceId String CODEC(ZSTD(1)),
    Start DateTime CODEC(Delta, ZSTD(1)),
    End DateTime CODEC(Delta, ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
  ) ENGINE = MergeTree
  PARTITION BY toDate(Start)
  ORDER BY (TraceId, Start)
  SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`,
  `CREATE MATERIALIZED VIEW {database}.otel_traces_trace_id_ts_mv TO {database}.otel_traces_trace_id_ts AS
  SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End
  FROM {database}.otel_traces WHERE TraceId != '' GROUP BY TraceId`,
];

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUSES = ['Unset', 'Ok', 'Error'];

/** The spans of a request as rows of `otel_traces`, each one line of JSONEachRow. */
export function stockRows(bytes: Uint8Array): string {
  let lines = '';
  const request = requestType.decode(bytes) as unknown as Message;
  for (const resourceSpans of list(request['resourceSpans'])) {
    const attributes = textMap((resourceSpans['resource'] as Message)['attributes']);
    const ServiceName = attributes['service.name'] ?? '';
    for (const scopeSpans of list(resourceSpans['scopeSpans'])) {
      const scope = (scopeSpans['scope'] ?? {}) as Message;
      const shared = {
        ...{ ServiceName, ResourceAttributes: attributes },
        ...{ ScopeName: scope['name'] ?? '', ScopeVersion: scope['version'] ?? '' },
      };
      for (const span of list(scopeSpans['spans'])) {
        lines += `${JSON.stringify({ ...shared, ...stockRow(span) })}\n`;
      }
    }
  }
  return lines;
}

function stockRow(span: Message) {
  const [start, end] = [unsigned(span['startTimeUnixNano']), unsigned(span['endTimeUnixNano'])];
  const status = (span['status'] ?? {}) as Message;
  const events = list(span['events']);
  return {
    Timestamp: instant(start),
    ...{ TraceId: hex(span['traceId']), SpanId: hex(span['spanId']) },
    ...{ ParentSpanId: hex(span['parentSpanId']), TraceState: span['traceState'] ?? '' },
    ...{ SpanName: span['name'], SpanKind: KINDS[Number(span['kind'])] },
    SpanAttributes: textMap(span['attributes']),
    Duration: String(end - start),
    StatusCode: STATUSES[Number(status['code'] ?? 0)],
    StatusMessage: status['message'] ?? '',
    'Events.Timestamp': events.map((event) => instant(unsigned(event['timeUnixNano']))),
    'Events.Name': events.map((event) => event['name']),
    'Events.Attributes': events.map((event) => textMap(event['attributes'])),
  };
}

/** Seconds and nine digits. */
function instant(ns: bigint): string {
  const text = String(ns);
  return `${text.slice(0, -9)}.${text.slice(-9)}`;
}

/** As the exporter does with pcommon.Value.AsString. */
function textMap(attributes: unknown): Record<string, string> {
  return Object.fromEntries(
    list(attributes).map((entry) => [String(entry['key']), asString(oracleValue(entry['value']))]),
  );
}

function asString([type, value]: readonly [string, unknown]): string {
  if (type === 'array') {
    const values = value as (readonly [string, unknown])[];
    return JSON.stringify(values.map(([, one]) => (typeof one === 'bigint' ? Number(one) : one)));
  }
  return value === null ? '' : String(value);
}
