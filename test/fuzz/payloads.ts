/**
 * What is mutated: requests as emitters sent them (the recorded fixtures of the dialects), as protobuf, and random ones
 * at the level of the wire. Ids are drawn anew, so that the filter of seen spans does not drop what is to be kept.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  logsRequestType,
  type Message,
  requestType,
} from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';

export type FuzzSignal = 'traces' | 'logs';

export interface Payload {
  readonly signal: FuzzSignal;
  readonly bytes: Buffer;
}

const FIXTURES = join(import.meta.dirname, '..', '..', 'collector', 'src', 'normalise', 'fixtures');
const TYPES = { traces: requestType, logs: logsRequestType } as const;
const BYTES_MAX = 40_000;

/** OTLP/JSON has ids in hexadecimal, protobufjs wants bytes. */
function withBytes(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => withBytes(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withBytes(v, k)]));
  }
  return /^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(String(value), 'hex') : value;
}

/** All recorded requests, in the order of their names. */
export function readPayloads(): Payload[] {
  const payloads: Payload[] = [];
  for (const name of globSync('*/*.otlp.json', { cwd: FIXTURES }).sort()) {
    const request = JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as Message;
    const signal: FuzzSignal = 'resourceLogs' in request ? 'logs' : 'traces';
    const type = TYPES[signal];
    const bytes = Buffer.from(type.encode(type.fromObject(withBytes(request) as object)).finish());
    if (bytes.length <= BYTES_MAX) payloads.push({ signal, bytes });
  }
  return payloads;
}
