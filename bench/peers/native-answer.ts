/**
 * An answer in the Native format as a client of protocol version 54460 reads it over HTTP: with the information of a
 * block before it and a byte of serialization kind for each column, which the embedded engine does not write.
 * Source: github.com/ClickHouse/ClickHouse, src/Formats/NativeWriter.cpp and src/Core/BlockInfo.cpp.
 */

/** The part of ClickHouse's JSONCompact that is read. */
export interface CompactAnswer {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly (readonly unknown[])[];
}

/** Fields 1 (no overflow) and 2 (no bucket), and their end. */
const BLOCK_INFO = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);

/** @throws Error for a type that no statement of a peer asked for yet */
export function nativeAnswer({ meta, data }: CompactAnswer): Buffer {
  const columns = meta.map(({ name, type }, at) =>
    Buffer.concat([
      ...[text(name), text(type), Buffer.from([0])],
      ...data.map((row) => value(type, row[at])),
    ]),
  );
  return Buffer.concat([BLOCK_INFO, varint(meta.length), varint(data.length), ...columns]);
}

function value(type: string, given: unknown): Buffer {
  if (type === 'String') return text(String(given));
  const bits = Number(/^UInt(8|16|32)$/.exec(type)?.[1]);
  if (Number.isNaN(bits)) throw new Error(`a column of type ${type} is not written yet`);
  const bytes = Buffer.alloc(bits / 8);
  bytes.writeUIntLE(Number(given), 0, bits / 8);
  return bytes;
}

function text(given: string): Buffer {
  const bytes = Buffer.from(given, 'utf8');
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(given: number): Buffer {
  const bytes: number[] = [];
  let left = given;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}
