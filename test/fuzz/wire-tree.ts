/** Protobuf bytes as a tree of fields that can be changed and written again, whatever stands in them. */
import { MESSAGES, type MessageName } from '@ai-cost-profiler/collector/decode/message-schema.ts';

export interface WireField {
  number: number;
  /** 0 varint, 1 eight bytes, 2 sized, 5 four bytes. */
  wire: number;
  /** The fields of a message of the schema; otherwise its bytes. */
  content: WireField[] | Buffer;
  /** What `content` is, where it is a message. */
  readonly message: MessageName | undefined;
}

const DEPTH_MAX = 40;

function varintEnd(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end]! > 127) end++;
  return end + 1;
}

function varintOf(bytes: Buffer, at: number): number {
  let value = 0;
  for (let scale = 1, i = at; ; i++, scale *= 128) {
    value += (bytes[i]! & 127) * scale;
    if (bytes[i]! < 128) return value;
  }
}

/** Reads well-formed bytes of a message without groups. */
export function parseWire(bytes: Buffer, name: MessageName, depth = 0): WireField[] {
  const fields: WireField[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = varintOf(bytes, at);
    at = varintEnd(bytes, at);
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    let end = wire === 1 ? at + 8 : wire === 5 ? at + 4 : varintEnd(bytes, at);
    if (wire === 2) {
      const size = varintOf(bytes, at);
      at = end;
      end += size;
    }
    const part = bytes.subarray(at, end);
    const message = wire === 2 && depth < DEPTH_MAX ? MESSAGES[name][number]?.message : undefined;
    const content = message === undefined ? part : parseWire(part, message, depth + 1);
    fields.push({ number, wire, content, message });
    at = end;
  }
  return fields;
}

export function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Buffer.from(out);
}

export function writeWire(fields: readonly WireField[]): Buffer {
  const sizes: number[] = [];
  const out = Buffer.allocUnsafe(measure(fields, sizes));
  put(fields, { out, sizes, at: 0, next: 0 });
  return out;
}

/** How many bytes the fields are when they are written. */
export const wireBytes = (fields: readonly WireField[]): number => measure(fields, []);

/** How many bytes the fields are; appends the size of the content of each, in the order in which they are written. */
function measure(fields: readonly WireField[], sizes: number[]): number {
  let total = 0;
  for (const { number, wire, content } of fields) {
    const place = sizes.push(0) - 1;
    const size = Buffer.isBuffer(content) ? content.length : measure(content, sizes);
    sizes[place] = size;
    total += varintBytes(number * 8 + wire) + (wire === 2 ? varintBytes(size) : 0) + size;
  }
  return total;
}

interface Writing {
  readonly out: Buffer;
  readonly sizes: readonly number[];
  at: number;
  /** Of `sizes`. */
  next: number;
}

function put(fields: readonly WireField[], writing: Writing): void {
  for (const { number, wire, content } of fields) {
    const size = writing.sizes[writing.next++]!;
    putVarint(number * 8 + wire, writing);
    if (wire === 2) putVarint(size, writing);
    if (Buffer.isBuffer(content)) {
      writing.out.set(content, writing.at);
      writing.at += size;
    } else {
      put(content, writing);
    }
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function putVarint(value: number, writing: Writing): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) writing.out[writing.at++] = (rest % 128) | 128;
  writing.out[writing.at++] = rest;
}

/** Every list of fields in the tree, with the message it is of. */
export function listsIn(fields: WireField[], message: MessageName): FieldList[] {
  const lists: FieldList[] = [{ fields, message }];
  for (const field of fields) {
    if (field.message !== undefined && !Buffer.isBuffer(field.content)) {
      for (const list of listsIn(field.content, field.message)) lists.push(list);
    }
  }
  return lists;
}

export interface FieldList {
  readonly fields: WireField[];
  readonly message: MessageName;
}
