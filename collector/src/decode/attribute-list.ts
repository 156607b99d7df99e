/**
 * One list of OTLP attributes as parallel arrays: no object per attribute. Keys, strings, bytes and
 * nested values stay in the request's bytes and are named by offsets; numbers are read out. The same
 * list is filled again for the next span, so nothing may be kept past the sink's call.
 *
 * Duplicate keys are undefined in OTLP. All occurrences are listed in wire order and **the last one
 * counts**, as when an SDK sets an attribute twice; `indexOf` searches from the end.
 */

/** Kind of an attribute's value (`AttributeList.type[i]`). */
export const VALUE = {
  empty: 0,
  string: 1,
  bool: 2,
  int: 3,
  double: 4,
  array: 5,
  kvlist: 6,
  bytes: 7,
} as const;

const TWO_32 = 4294967296;

export class AttributeList {
  /** The bytes all offsets refer to. */
  bytes: Buffer;
  data: DataView;
  /** Entries stored, at most the cap given to `reset`. */
  count = 0;
  /** Entries seen on the wire; more than `count` when the cap was reached. */
  total = 0;
  /** Key of entry i is `bytes[keyStart[i], keyEnd[i])`; an absent key is an empty range. */
  keyStart: Int32Array;
  keyEnd: Int32Array;
  /** One of `VALUE`. */
  type: Uint8Array;
  /**
   * Byte range of a string or bytes value, or the body of the nested `ArrayValue` or
   * `KeyValueList` message (read it with `fillChildren`). Undefined for other types.
   */
  valueStart: Int32Array;
  valueEnd: Int32Array;
  /** Value of an int (rounded beyond 2^53), a double, or a bool as 0 or 1. */
  number: Float64Array;
  /** Exact two's complement halves of an int. */
  intLo: Int32Array;
  intHi: Int32Array;
  private cap = 0;
  private spare: AttributeList | undefined;

  constructor(capacity = 32) {
    this.bytes = Buffer.alloc(0);
    this.data = new DataView(this.bytes.buffer, 0, 0);
    this.keyStart = new Int32Array(capacity);
    this.keyEnd = new Int32Array(capacity);
    this.type = new Uint8Array(capacity);
    this.valueStart = new Int32Array(capacity);
    this.valueEnd = new Int32Array(capacity);
    this.number = new Float64Array(capacity);
    this.intLo = new Int32Array(capacity);
    this.intHi = new Int32Array(capacity);
  }

  /** Points the list at the bytes its offsets will refer to, and empties it. */
  bind(bytes: Buffer, data: DataView): void {
    this.bytes = bytes;
    this.data = data;
    this.count = 0;
    this.total = 0;
  }

  /** Empties the list; at most `entriesMax` entries are stored until the next reset. */
  reset(entriesMax: number): void {
    this.count = 0;
    this.total = 0;
    this.cap = entriesMax;
  }

  /** Reserves the next entry and returns its index, or -1 when the cap is reached. */
  push(): number {
    const i = this.count;
    this.total += 1;
    if (i >= this.cap) return -1;
    if (i >= this.keyStart.length) this.grow();
    this.count = i + 1;
    return i;
  }

  /** A list for the children of a value of this one: it is filled again for the next. */
  get children(): AttributeList {
    this.spare ??= new AttributeList(8);
    return this.spare;
  }

  keyText(i: number): string {
    return this.bytes.toString('utf8', this.keyStart[i], this.keyEnd[i]);
  }

  /** The string value of entry i, or undefined when it is not a string. */
  valueText(i: number): string | undefined {
    if (this.type[i] !== VALUE.string) return undefined;
    return this.bytes.toString('utf8', this.valueStart[i], this.valueEnd[i]);
  }

  /** The exact int64 of entry i, or undefined when it is not an int. */
  valueInt(i: number): bigint | undefined {
    if (this.type[i] !== VALUE.int) return undefined;
    return (BigInt(this.intHi[i]!) << 32n) | BigInt(this.intLo[i]! >>> 0);
  }

  /** The double of entry i, or undefined when it is not a double. */
  valueDouble(i: number): number | undefined {
    return this.type[i] === VALUE.double ? this.number[i] : undefined;
  }

  valueBool(i: number): boolean | undefined {
    return this.type[i] === VALUE.bool ? this.number[i] === 1 : undefined;
  }

  /** A view (not a copy) of a bytes value, or undefined when it is not bytes. */
  valueBytes(i: number): Uint8Array | undefined {
    if (this.type[i] !== VALUE.bytes) return undefined;
    return this.bytes.subarray(this.valueStart[i], this.valueEnd[i]);
  }

  /** Index of the entry that counts for `key` (the last), or -1. For tests and rare look-ups. */
  indexOf(key: string): number {
    for (let i = this.count - 1; i >= 0; i--) if (this.keyText(i) === key) return i;
    return -1;
  }

  /** Stores an exact int and its rounded number. */
  setInt(i: number, lo: number, hi: number): void {
    this.type[i] = VALUE.int;
    this.intLo[i] = lo;
    this.intHi[i] = hi;
    this.number[i] = hi * TWO_32 + (lo >>> 0);
  }

  private grow(): void {
    const size = this.keyStart.length * 2;
    this.keyStart = grownInts(this.keyStart, size);
    this.keyEnd = grownInts(this.keyEnd, size);
    this.valueStart = grownInts(this.valueStart, size);
    this.valueEnd = grownInts(this.valueEnd, size);
    this.intLo = grownInts(this.intLo, size);
    this.intHi = grownInts(this.intHi, size);
    const type = new Uint8Array(size);
    type.set(this.type);
    this.type = type;
    const number = new Float64Array(size);
    number.set(this.number);
    this.number = number;
  }
}

function grownInts(from: Int32Array, size: number): Int32Array {
  const to = new Int32Array(size);
  to.set(from);
  return to;
}
