/**
 * `ExportMetricsServiceRequest`, in both encodings → the points of the metrics that are asked for. The whole request is
 * checked first, so that a malformed one is refused whole; only wanted metrics are read into objects.
 */

import { DecodeError, type DecodeLimits, type DecodeOutcome } from './decode-error.ts';
import { transcodeJson } from './decode-json.ts';
import { fieldPathAt } from './field-path.ts';
import type { MessageName } from './message-schema.ts';
import type { OtlpEncoding } from './otlp-response.ts';
import {
  type MessageRange,
  MessageReader,
  type PlainField,
  type PlainMessage,
} from './read-message.ts';
import { refuseTooMany } from './record-signal.ts';
import { WireFault } from './wire-checker.ts';

export type Temporality = 'unspecified' | 'delta' | 'cumulative';

/** One data point. Attributes that are no texts, numbers or bools are left out. */
export interface MetricPoint {
  readonly name: string;
  readonly unit: string;
  /** Of a gauge or a summary it is unspecified. */
  readonly temporality: Temporality;
  readonly startTimeNs: bigint;
  readonly timeNs: bigint;
  /** The number, or the sum of a histogram; undefined when it has none. */
  readonly value: bigint | number | undefined;
  readonly attributes: ReadonlyMap<string, string>;
  readonly resource: ReadonlyMap<string, string>;
  readonly scopeName: string;
}

export interface MetricSink {
  /** Whether the metric of this name is to be read. */
  wants(name: string): boolean;
  point(point: MetricPoint): void;
}

const TEMPORALITIES: readonly Temporality[] = ['unspecified', 'delta', 'cumulative'];
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
const SIGNAL = { kind: 'span', root: 'MetricsRequest', words: 'data points' } as const;

/** Decodes a request; `recordCount` of the outcome is that of its data points, wanted or not. */
export function decodeMetrics(
  bytes: Uint8Array,
  encoding: OtlpEncoding,
  sink: MetricSink,
  limits: DecodeLimits,
): DecodeOutcome {
  try {
    const plain =
      encoding === 'json' ? transcodeJson(bytes, SIGNAL.root, limits.depthMax).written : bytes;
    return decode(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength), sink, limits);
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, error };
    throw error;
  }
}

/** Where the messages of one resource lie. A sub-message that occurs twice is one, in two parts. */
interface ResourceRanges {
  readonly resource: MessageRange[];
  readonly scopes: { readonly scope: MessageRange[]; readonly metrics: MessageRange[] }[];
}

function decode(buffer: Buffer, sink: MetricSink, limits: DecodeLimits): DecodeOutcome {
  const data = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const reader = new MessageReader(buffer, data, limits.depthMax);
  const found: ResourceRanges[] = [];
  let recordCount = 0;
  try {
    const whole = { start: 0, end: buffer.length };
    reader.check('MetricsRequest', whole, (message, range) => {
      if (message.endsWith('DataPoint')) recordCount += 1;
      else noteRange(found, message, range);
    });
  } catch (fault) {
    if (!(fault instanceof WireFault)) throw fault;
    const path = fieldPathAt(buffer, fault.offset, 'MetricsRequest');
    throw new DecodeError('malformed', path, fault.reason, fault.offset);
  }
  const refused = refuseTooMany(recordCount, SIGNAL, limits);
  if (refused !== undefined) return refused;
  for (const ranges of found) showResource(reader, sink, ranges);
  return { ok: true, recordCount };
}

function noteRange(found: ResourceRanges[], message: MessageName, range: MessageRange): void {
  const last = found.at(-1);
  const lastScope = last?.scopes.at(-1);
  if (message === 'ResourceMetrics') found.push({ resource: [], scopes: [] });
  else if (message === 'Resource') last?.resource.push(range);
  else if (message === 'ScopeMetrics') last?.scopes.push({ scope: [], metrics: [] });
  else if (message === 'Scope') lastScope?.scope.push(range);
  else if (message === 'Metric') lastScope?.metrics.push(range);
}

/** Of a metric that nobody wants only the name is read. */
function showResource(reader: MessageReader, sink: MetricSink, found: ResourceRanges): void {
  const resource = attributesOf(readAll(reader, 'Resource', found.resource));
  for (const { scope, metrics } of found.scopes) {
    const scopeName = textOf(readAll(reader, 'Scope', scope)['name']);
    for (const range of metrics) {
      if (!sink.wants(reader.readText('Metric', range, 'name'))) continue;
      const metric = reader.read('Metric', range);
      for (const point of pointsOf(metric)) sink.point({ ...point, resource, scopeName });
    }
  }
}

function readAll(
  reader: MessageReader,
  message: MessageName,
  ranges: readonly MessageRange[],
): PlainMessage {
  const into: PlainMessage = {};
  for (const range of ranges) reader.read(message, range, into);
  return into;
}

function* pointsOf(metric: PlainMessage): Generator<Omit<MetricPoint, 'resource' | 'scopeName'>> {
  for (const kind of KINDS) {
    const { dataPoints, aggregationTemporality } = (metric[kind] ?? {}) as PlainMessage;
    for (const point of listOf(dataPoints)) {
      yield {
        name: textOf(metric['name']),
        unit: textOf(metric['unit']),
        temporality: TEMPORALITIES[Number(aggregationTemporality ?? 0)] ?? 'unspecified',
        startTimeNs: (point['startTimeUnixNano'] ?? 0n) as bigint,
        timeNs: (point['timeUnixNano'] ?? 0n) as bigint,
        value: (point['asInt'] ?? point['asDouble'] ?? point['sum']) as bigint | number | undefined,
        attributes: attributesOf(point),
      };
    }
  }
}

function attributesOf(message: PlainMessage): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const { key, value } of listOf(message['attributes'])) {
    const [scalar] = Object.values((value ?? {}) as PlainMessage);
    if (scalar !== undefined && typeof scalar !== 'object') {
      attributes.set(textOf(key), String(scalar));
    }
  }
  return attributes;
}

function listOf(field: PlainField | undefined): PlainMessage[] {
  return Array.isArray(field) ? field : [];
}

function textOf(field: PlainField | undefined): string {
  return typeof field === 'string' ? field : '';
}
