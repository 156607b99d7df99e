/** The n-th body of a seed: what is sent, how, and what the reference decoder says of it. */
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import {
  list,
  logsRequestType,
  type Message,
  requestType,
  unsigned,
} from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';
import {
  WILD_ODDITY,
  WireGenerator,
} from '@ai-cost-profiler/collector/decode/fixtures/wire-generator.ts';
import type { MessageName } from '@ai-cost-profiler/collector/decode/message-schema.ts';
import { Random } from '../kill/random.ts';
import { mutateTree, type Parts } from './mutate-wire.ts';
import type { FuzzSignal, Payload } from './payloads.ts';
import { listsIn, parseWire, type WireField, wireBytes, writeWire } from './wire-tree.ts';

export type Coding = 'none' | 'gzip' | 'deflate' | 'zstd';
export type FuzzTransport = 'http' | 'grpc';

export interface Body {
  readonly signal: FuzzSignal;
  readonly encoding: 'protobuf' | 'json';
  readonly transport: FuzzTransport;
  readonly coding: Coding;
  /** As it is sent: compressed. */
  readonly bytes: Buffer;
  /** What the reference says; undefined where it does not read the format. */
  readonly isLegal: boolean | undefined;
  /** Days on which its spans start, since 1970. */
  readonly days: readonly number[];
}

const ROOTS: Readonly<Record<FuzzSignal, MessageName>> = {
  traces: 'TracesRequest',
  logs: 'LogsRequest',
};
const TYPES = { traces: requestType, logs: logsRequestType } as const;
/** Less than a request may have, decompressed. */
const WRITTEN_BYTES_MAX = 60_000_000;
const NS_PER_DAY = 86_400_000_000_000n;
const JSON_OPTIONS = { longs: String, bytes: String, enums: Number, json: true } as const;
const COMPRESS: Readonly<Record<Coding, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  deflate: (bytes) => deflateSync(bytes, { level: 1 }),
  zstd: (bytes) => zstdCompressSync(bytes),
};

export class Bodies {
  private readonly payloads: readonly Payload[];
  private readonly parts: Parts;
  private readonly seed: number;

  constructor(seed: number, payloads: readonly Payload[]) {
    this.seed = seed;
    this.payloads = payloads;
    this.parts = partsOf(payloads);
  }

  /** The same for the same seed and n. */
  at(n: number): Body {
    const random = new Random(this.seed).fork(n + 1);
    const { signal, bytes } = this.mutated(random);
    const request = readReference(signal, bytes);
    const transport: FuzzTransport = random.chance(0.4) ? 'grpc' : 'http';
    const coding = random.pick(['none', 'none', 'none', 'gzip', 'deflate', 'zstd'] as const);
    const common = { signal, transport, coding, days: daysOf(request) };
    const isJson = transport === 'http' && random.chance(0.3);
    if (isJson && request !== undefined) {
      const json = jsonOf(signal, request);
      const isLegal = random.chance(0.5);
      const text = isLegal ? Buffer.from(json) : mutateText(Buffer.from(json), random);
      // A text that was changed may still be legal, and the reference does not read JSON.
      const told = isLegal ? true : isJsonText(text) ? undefined : false;
      return { ...common, encoding: 'json', isLegal: told, bytes: COMPRESS[coding](text) };
    }
    const isLegal = request !== undefined;
    return { ...common, encoding: 'protobuf', isLegal, bytes: COMPRESS[coding](bytes) };
  }

  private mutated(random: Random): Payload {
    const generator = new WireGenerator(random.below(2 ** 31), WILD_ODDITY);
    if (random.chance(0.1)) {
      const signal = random.pick(['traces', 'logs'] as const);
      return { signal, bytes: Buffer.from(generator.request(ROOTS[signal])) };
    }
    const { signal, bytes } = random.pick(this.payloads);
    const tree = parseWire(bytes, ROOTS[signal]);
    redrawIds(tree, ROOTS[signal], random);
    if (random.chance(0.9)) mutateTree(tree, ROOTS[signal], random, this.parts);
    // Repeats within repeats may come to more than there is memory; what is too large has cases of its own.
    const written = wireBytes(tree) > WRITTEN_BYTES_MAX ? bytes : writeWire(tree);
    return { signal, bytes: random.chance(0.3) ? Buffer.from(generator.mutate(written)) : written };
  }
}

function partsOf(payloads: readonly Payload[]): Parts {
  const byMessage = new Map<MessageName, WireField[]>();
  const keys = new Map<string, Buffer>();
  for (const { signal, bytes } of payloads) {
    for (const { fields, message } of listsIn(parseWire(bytes, ROOTS[signal]), ROOTS[signal])) {
      for (const field of fields) {
        if (field.message !== undefined) {
          byMessage.set(field.message, [
            ...(byMessage.get(field.message) ?? []).slice(-500),
            field,
          ]);
        }
      }
      const [key] = fields;
      if (message === 'KeyValue' && Buffer.isBuffer(key?.content)) {
        keys.set(key.content.toString('latin1'), key.content);
      }
    }
  }
  return { byMessage, keys: [...keys.values()] };
}

/** Ids, by the message and number of their field. */
const IDS: Readonly<Partial<Record<MessageName, readonly number[]>>> = {
  Span: [1, 2, 4],
  Link: [1, 2],
  LogRecord: [9, 10],
};

/** The same change for all ids of a request: who is whose child stays as it was. */
function redrawIds(tree: WireField[], root: MessageName, random: Random): void {
  const salt = Buffer.from(random.hex(16), 'hex');
  for (const { fields, message } of listsIn(tree, root)) {
    for (const field of fields) {
      if (IDS[message]?.includes(field.number) === true && Buffer.isBuffer(field.content)) {
        const id = Buffer.from(field.content);
        for (let i = 0; i < id.length; i++) id[i] = id[i]! ^ salt[i % 16]!;
        field.content = id;
      }
    }
  }
}

/** What the reference decoder reads; undefined when it refuses. */
function readReference(signal: FuzzSignal, bytes: Buffer): Message | undefined {
  try {
    return TYPES[signal].decode(bytes) as unknown as Message;
  } catch {
    return undefined;
  }
}

function daysOf(request: Message | undefined): number[] {
  const days = new Set<number>();
  for (const resource of [
    ...list(request?.['resourceSpans']),
    ...list(request?.['resourceLogs']),
  ]) {
    for (const scope of [...list(resource['scopeSpans']), ...list(resource['scopeLogs'])]) {
      for (const one of [...list(scope['spans']), ...list(scope['logRecords'])]) {
        const times = ['startTimeUnixNano', 'timeUnixNano', 'observedTimeUnixNano'];
        for (const name of times) days.add(Number(unsigned(one[name]) / NS_PER_DAY));
      }
    }
  }
  days.delete(0);
  return [...days];
}

/** protobufjs writes base64 for all bytes; OTLP wants hexadecimal for ids. */
function withHexIds(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => withHexIds(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withHexIds(v, k)]));
  }
  const isId = typeof value === 'string' && /^(traceId|spanId|parentSpanId)$/.test(key);
  return isId ? Buffer.from(value, 'base64').toString('hex') : value;
}

function jsonOf(signal: FuzzSignal, request: Message): string {
  return JSON.stringify(withHexIds(TYPES[signal].toObject(request as never, JSON_OPTIONS)));
}

const PIECES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  'null',
  '1e999',
  '-',
  '\\u0000',
  '\\ud800',
  '0x1',
  '\uFEFF',
];

function mutateText(text: Buffer, random: Random): Buffer {
  let out = text;
  for (let n = random.between(1, 3); n > 0; n--) {
    const at = random.below(out.length + 1);
    const to = Math.min(out.length, at + random.below(12));
    const piece = random.chance(0.1)
      ? Buffer.from(random.hex(2), 'hex')
      : Buffer.from(random.pick(PIECES));
    out = Buffer.concat([out.subarray(0, at), piece, out.subarray(random.chance(0.5) ? at : to)]);
  }
  return out;
}

function isJsonText(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object';
  } catch {
    return false;
  }
}
