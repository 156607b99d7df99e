/** Bodies made to hurt: bombs, nesting, numbers. Each must be answered, and none with a fault of the collector. */
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Body } from './bodies.ts';
import { varint } from './wire-tree.ts';

export interface HostileBody {
  readonly name: string;
  readonly body: Body;
  /** Whether it may be taken: some are legal, only large. */
  readonly mayBeTaken: boolean;
}

const sized = (field: number, content: Buffer): Buffer =>
  Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(content.length)), content]);

const ID = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');
const START_NS = BigInt(Date.UTC(2026, 7, 20)) * 1_000_000n;

function span(...more: readonly Buffer[]): Buffer {
  const times = Buffer.alloc(18);
  times.writeUInt8(0x39, 0);
  times.writeBigUInt64LE(START_NS, 1);
  times.writeUInt8(0x41, 9);
  times.writeBigUInt64LE(START_NS, 10);
  return Buffer.concat([sized(1, ID), sized(2, ID.subarray(8)), times, ...more]);
}

const request = (content: Buffer): Buffer => sized(1, sized(2, sized(2, content)));

/** A message in a message, `depth` times: the first field once, then the others in turn. From the inside out. */
function nested([first, ...others]: readonly [number, ...number[]], depth: number): Buffer {
  const out = Buffer.alloc(depth * 7 + 16);
  let at = out.length;
  for (let level = depth - 1; level >= 0; level--) {
    const field = level === 0 ? first : others[(level - 1) % others.length]!;
    const head = Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(out.length - at))]);
    at -= head.length;
    head.copy(out, at);
  }
  return out.subarray(at);
}

const attribute = sized(9, Buffer.concat([sized(1, Buffer.from('k')), sized(2, varint(24n))]));
const MIB = 1024 * 1024;

/** `scale` 1 is full size: a million of each, bombs of 512 MiB. */
export function hostileBodies(scale: number): HostileBody[] {
  const many = Math.round(1_000_000 * scale);
  const zeros = Buffer.alloc(Math.round(512 * MIB * scale));
  const body = (bytes: Buffer, more: Partial<Body> = {}): Body => ({
    ...{ signal: 'traces', encoding: 'protobuf', transport: 'http', coding: 'none', days: [] },
    isLegal: undefined,
    bytes,
    ...more,
  });
  const json = (text: string) => body(Buffer.from(text), { encoding: 'json' });
  const repeated = (piece: Buffer) => Buffer.alloc(piece.length * many, piece);
  const cases: (readonly [string, boolean, Body])[] = [
    ['a gzip bomb', false, body(gzipSync(zeros), { coding: 'gzip' })],
    ['a deflate bomb', false, body(deflateSync(zeros), { coding: 'deflate' })],
    ['a zstd bomb', false, body(zstdCompressSync(zeros), { coding: 'zstd' })],
    [
      'a zstd bomb over gRPC',
      false,
      body(zstdCompressSync(zeros), { coding: 'zstd', transport: 'grpc' }),
    ],
    ['values in lists without end', false, body(request(span(sized(9, nested([2, 5, 1], many)))))],
    ['groups in groups without end', false, body(repeated(Buffer.from([0x0b])))],
    ['JSON arrays without end', false, json('['.repeat(many * 5))],
    ['JSON objects without end', false, json('{"resourceSpans":'.repeat(many))],
    ['a number of very many digits', false, json(`{"resourceSpans":[{"a":${'9'.repeat(many)}}]`)],
    ['very many attributes', true, body(request(span(repeated(attribute))))],
    ['very many empty spans', true, body(sized(1, sized(2, repeated(sized(2, Buffer.alloc(0))))))],
    ['very many empty scopes', true, body(sized(1, repeated(sized(2, Buffer.alloc(0)))))],
    [
      'very many unknown keys',
      true,
      json(`{${Array.from({ length: many }, (_, i) => `"k${i}":1`).join()}}`),
    ],
    ['a length beyond its end', false, body(Buffer.from('0affffffff7f00', 'hex'))],
  ];
  return cases.map(([name, mayBeTaken, one]) => ({ name, mayBeTaken, body: one }));
}
