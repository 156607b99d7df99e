/**
 * Writes a parsed OTLP/JSON request as protobuf, so that both encodings are read by the same pass and
 * offsets mean the same. Rules of OTLP/JSON (1.11): lowerCamelCase names only, ids in hexadecimal of
 * any case, enums as integers, 64-bit integers as numbers or decimal strings, bytes in base64;
 * unknown fields and null are ignored.
 */

import type { DecodeError } from './decode-error.ts';
import { wrongValue } from './json-error.ts';
import { writeScalar } from './json-scalars.ts';
import { type FieldSchema, MESSAGES, type MessageName } from './message-schema.ts';
import type { MessageWriter } from './message-writer.ts';

type JsonObject = Readonly<Record<string, unknown>>;

interface NamedField {
  readonly tag: number;
  readonly schema: FieldSchema;
}

/** Wire types of the scalar kinds; all the others, and messages, are length-delimited (2). */
const WIRE_TYPE: Readonly<Partial<Record<string, number>>> = {
  bool: 0,
  enum: 0,
  uint32: 0,
  int64: 0,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
  fixed32: 5,
};

export class JsonTranscoder {
  private readonly writer: MessageWriter;
  private readonly depthMax: number;
  private readonly fields = new Map<MessageName, Map<string, NamedField>>();
  private readonly path: string[] = [];

  constructor(writer: MessageWriter, depthMax: number) {
    this.writer = writer;
    this.depthMax = depthMax;
  }

  /** Number of spans, or of log records, written. */
  recordCount = 0;

  /** Writes the request; throws `DecodeError` naming the path of the first wrong value. */
  request(root: MessageName, body: unknown): void {
    this.message(root, body, 0);
  }

  private message(name: MessageName, value: unknown, depth: number): void {
    if (!isObject(value)) throw this.wrong(value, 'an object');
    if (depth > this.depthMax)
      throw this.wrong(value, `messages nested at most ${this.depthMax} deep`);
    const fields = this.fieldsOf(name);
    for (const key of Object.keys(value)) {
      const field = fields.get(key);
      const fieldValue = value[key];
      if (field === undefined || fieldValue === null) continue;
      this.path.push(key);
      if (field.schema.many) this.repeated(field, fieldValue, depth);
      else this.field(field, fieldValue, depth);
      this.path.pop();
    }
  }

  private repeated(field: NamedField, value: unknown, depth: number): void {
    if (!Array.isArray(value)) throw this.wrong(value, 'an array');
    const last = this.path.length - 1;
    const name = field.schema.name;
    for (let i = 0; i < value.length; i++) {
      this.path[last] = `${name}[${i}]`;
      this.field(field, value[i], depth);
    }
  }

  private field(field: NamedField, value: unknown, depth: number): void {
    const { message, kind } = field.schema;
    this.writer.varint32(field.tag);
    if (message !== undefined) {
      if (message === 'Span' || message === 'LogRecord') this.recordCount += 1;
      const mark = this.writer.open();
      this.message(message, value, depth + 1);
      this.writer.close(mark);
    } else if (kind !== undefined) {
      const expected = writeScalar(this.writer, kind, value);
      if (expected !== undefined) throw this.wrong(value, expected);
    }
  }

  private wrong(value: unknown, expected: string): DecodeError {
    return wrongValue(this.path.join('.'), value, expected);
  }

  private fieldsOf(name: MessageName): Map<string, NamedField> {
    let fields = this.fields.get(name);
    if (fields === undefined) {
      fields = new Map();
      for (const [number, schema] of Object.entries(MESSAGES[name])) {
        const wire = WIRE_TYPE[schema.kind ?? ''] ?? 2;
        fields.set(schema.name, { tag: Number(number) * 8 + wire, schema });
      }
      this.fields.set(name, fields);
    }
    return fields;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
