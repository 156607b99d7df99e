/**
 * Writes one OTLP/JSON scalar as protobuf. A value of the wrong type or form is not written: what was
 * expected is returned instead. Integers are exact: where JSON.parse has rounded one, `InexactNumber`
 * asks for the request to be parsed again with the digits kept (`ExactNumber`).
 */

import type { ScalarKind } from './message-schema.ts';
import type { MessageWriter } from './message-writer.ts';

/** A number beyond 2^53 with the digits it was written in. */
export class ExactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** Thrown when a number may have lost digits in parsing. */
export class InexactNumber {}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
const UINT32_MAX = 4294967295;
const DIGITS = /^-?\d{1,20}$/;
const NOT_AN_ID = Uint8Array.of(0xff);
const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Writes the value, after its tag; returns undefined, or what was expected in its place. */
export function writeScalar(
  writer: MessageWriter,
  kind: ScalarKind,
  value: unknown,
): string | undefined {
  switch (kind) {
    case 'string':
      if (typeof value !== 'string') return 'a string';
      writer.text(value);
      return undefined;
    case 'hexId':
      return writeId(writer, value);
    case 'bytes':
      return writeBase64(writer, value);
    case 'bool':
      if (typeof value !== 'boolean') return 'true or false';
      writer.varint32(value ? 1 : 0);
      return undefined;
    case 'double':
      return writeDouble(writer, value);
    case 'enum':
      return writeEnum(writer, value);
    case 'int64':
      return writeInt64(writer, value);
    case 'fixed64':
    case 'sfixed64':
      return writeFixed64(writer, kind, value);
    case 'uint32':
    case 'fixed32':
      return writeUint32(writer, kind, value);
  }
}

/** Text that is not hexadecimal becomes an id of one byte, so that its span alone is refused. */
function writeId(writer: MessageWriter, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'a string of hexadecimal digits';
  if (HEX.test(value)) writer.hex(value);
  else writer.binary(NOT_AN_ID);
  return undefined;
}

/** Both alphabets and missing padding are taken, as proto3's JSON mapping says. */
function writeBase64(writer: MessageWriter, value: unknown): string | undefined {
  if (typeof value !== 'string' || !BASE64.test(value)) return 'a string of base64';
  if (value.replace(/=+$/, '').length % 4 === 1) return 'a string of base64';
  writer.binary(Buffer.from(value, 'base64'));
  return undefined;
}

function writeDouble(writer: MessageWriter, value: unknown): string | undefined {
  const number = value instanceof ExactNumber ? Number(value.source) : value;
  if (typeof number === 'number' && Number.isFinite(number)) writer.double(number);
  else if (number === 'NaN') writer.double(Number.NaN);
  else if (number === 'Infinity') writer.double(Number.POSITIVE_INFINITY);
  else if (number === '-Infinity') writer.double(Number.NEGATIVE_INFINITY);
  else if (typeof number === 'string' && DECIMAL.test(number)) writer.double(Number(number));
  else return 'a number, "NaN", "Infinity" or "-Infinity"';
  return undefined;
}

function writeEnum(writer: MessageWriter, value: unknown): string | undefined {
  if (typeof value !== 'number' || (value | 0) !== value) return 'an integer of 32 bits';
  if (value >= 0) writer.varint32(value);
  else writer.varint64(BigInt(value));
  return undefined;
}

function writeInt64(writer: MessageWriter, value: unknown): string | undefined {
  if (typeof value === 'number' && value >= 0 && value <= UINT32_MAX && Number.isInteger(value)) {
    writer.varint32(value);
    return undefined;
  }
  const integer = integerOf(value);
  if (integer === undefined || integer < INT64_MIN || integer > INT64_MAX) {
    return 'an integer of 64 bits, as a decimal string or a number';
  }
  writer.varint64(integer);
  return undefined;
}

function writeFixed64(
  writer: MessageWriter,
  kind: 'fixed64' | 'sfixed64',
  value: unknown,
): string | undefined {
  const integer = integerOf(value);
  const [min, max] = kind === 'fixed64' ? [0n, UINT64_MAX] : [INT64_MIN, INT64_MAX];
  if (integer === undefined || integer < min || integer > max) {
    const sign = kind === 'fixed64' ? 'an unsigned' : 'an';
    return `${sign} integer of 64 bits, as a decimal string or a number`;
  }
  writer.fixed64(integer);
  return undefined;
}

function writeUint32(
  writer: MessageWriter,
  kind: 'uint32' | 'fixed32',
  value: unknown,
): string | undefined {
  const integer = integerOf(value);
  if (integer === undefined || integer < 0n || integer > BigInt(UINT32_MAX)) {
    return 'an unsigned integer of 32 bits';
  }
  if (kind === 'uint32') writer.varint32(Number(integer));
  else writer.fixed32(Number(integer));
  return undefined;
}

/** The exact integer that a JSON value stands for, or undefined when it is none. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return undefined;
    if (!Number.isSafeInteger(value)) throw new InexactNumber();
    return BigInt(value);
  }
  const digits = value instanceof ExactNumber ? value.source : value;
  return typeof digits === 'string' && DIGITS.test(digits) ? BigInt(digits) : undefined;
}
