/**
 * Changes that know what a request is made of: fields lost, doubled, moved, taken from other requests, given another
 * type or an edge of it; attributes under names and with values of other emitters. Whether the result is legal, the
 * oracle says.
 */
import { MESSAGES, type MessageName } from '@ai-cost-profiler/collector/decode/message-schema.ts';
import type { Random } from '../kill/random.ts';
import { type FieldList, listsIn, varint, type WireField, writeWire } from './wire-tree.ts';

/** Parts of all payloads, by message: what may be put in the place of another. */
export interface Parts {
  readonly byMessage: ReadonlyMap<MessageName, readonly WireField[]>;
  readonly keys: readonly Buffer[];
}

const TEXTS: readonly Buffer[] = [
  ...['', '0', '-1', '1e400', 'NaN', '18446744073709551616', '0.1', 'null', '{}', '[]', '\u0000'],
  ...['{"a":'.repeat(50), `[${'1,'.repeat(200)}1]`, '🙂'.repeat(300), 'x'.repeat(20_000)],
  ...['{"input_tokens":1e999}', '{"usage":{"prompt_tokens":"12"}}', '\u2028', 'ﷺ'.repeat(40)],
].map((text) => Buffer.from(text));
const BROKEN_TEXTS = ['ff', 'c0af', 'eda080', 'f4908080', 'e28', '80'].map((hex) =>
  Buffer.from(hex.padEnd(hex.length + (hex.length % 2), '0'), 'hex'),
);
const INTEGERS = [
  0n,
  1n,
  -1n,
  127n,
  2n ** 31n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const REPEATS_MAX = 300;
const NEST_MAX = 120;

/** Changes the tree in place, one to five times. */
export function mutateTree(
  root: WireField[],
  name: MessageName,
  random: Random,
  parts: Parts,
): void {
  for (let n = random.between(1, 5); n > 0; n--) {
    const list = random.pick(listsIn(root, name));
    if (list.fields.length === 0) {
      list.fields.push(anyField(list.message, random));
    } else {
      random.pick(CHANGES)(list, random, parts);
    }
  }
}

type Change = (list: FieldList, random: Random, parts: Parts) => void;

const CHANGES: readonly Change[] = [
  ({ fields }, random) => void fields.splice(random.below(fields.length), 1),
  ({ fields }, random) => fields.push(random.pick(fields)),
  ({ fields }, random) => fields.unshift(...fields.splice(random.below(fields.length), 1)),
  ({ fields }, random) => {
    const one = random.pick(fields);
    fields.push(...Array.from({ length: random.below(REPEATS_MAX) }, () => one));
  },
  ({ fields, message }, random) => fields.push(anyField(message, random)),
  ({ fields }, random) => fields.push(unknownField(random)),
  takeFromOthers,
  renameAttribute,
  changeScalar,
  changeScalar,
  changeScalar,
  nestValue,
];

function takeFromOthers({ fields }: FieldList, random: Random, { byMessage }: Parts): void {
  const at = random.below(fields.length);
  const { message, number } = fields[at]!;
  const others = message === undefined ? undefined : byMessage.get(message);
  if (others !== undefined) fields[at] = { ...random.pick(others), number };
}

function renameAttribute({ fields, message }: FieldList, random: Random, { keys }: Parts): void {
  const [key] = fields;
  if (message === 'KeyValue' && key?.number === 1) key.content = random.pick(keys);
  else changeScalar({ fields, message }, random);
}

/** Another value of the same type, or, now and then, of another. */
function changeScalar({ fields, message }: FieldList, random: Random): void {
  const at = random.below(fields.length);
  const field = fields[at]!;
  if (field.message !== undefined) return;
  if (random.chance(0.15)) {
    fields[at] = anyField(message, random, field.number);
  } else {
    field.content = scalarOf(field.wire, random);
  }
}

function scalarOf(wire: number, random: Random): Buffer {
  const integer = random.chance(0.5) ? random.pick(INTEGERS) : BigInt(random.below(100_000));
  switch (wire) {
    case 0:
      return varint(integer);
    case 1: {
      const bytes = Buffer.alloc(8);
      if (random.chance(0.5)) bytes.writeBigUInt64LE(BigInt.asUintN(64, integer));
      else bytes.writeDoubleLE(random.pick([0, -0, 1e300, Number.NaN, -1, 0.1, Infinity]));
      return bytes;
    }
    case 5:
      return Buffer.from(random.hex(4), 'hex');
    default:
      return random.chance(0.04) ? random.pick(BROKEN_TEXTS) : random.pick(TEXTS);
  }
}

/** A field of the message, or of the number that is given, of any type. */
function anyField(name: MessageName, random: Random, given?: number): WireField {
  const known = Object.keys(MESSAGES[name]).map(Number);
  const number = given ?? (known.length === 0 ? 1 : random.pick(known));
  const wire = random.pick([0, 1, 2, 2, 5]);
  return { number, wire, content: scalarOf(wire, random), message: undefined };
}

function unknownField(random: Random): WireField {
  const number = random.pick([17, 99, 1000, 536_870_911]);
  if (random.chance(0.3)) {
    // A group of this number, with something inside; its end is a field without content.
    const end = Buffer.concat([varint(8n), varint(5n), varint(BigInt(number) * 8n + 4n)]);
    return { number, wire: 3, content: end, message: undefined };
  }
  const wire = random.pick([0, 1, 2, 5]);
  return { number, wire, content: scalarOf(wire, random), message: undefined };
}

/** A value in lists in lists: AnyValue.array_value is field 5, ArrayValue.values field 1. */
function nestValue({ fields, message }: FieldList, random: Random): void {
  if (message !== 'AnyValue') {
    changeScalar({ fields, message }, random);
    return;
  }
  let inner = writeWire(fields);
  for (let depth = random.below(NEST_MAX); depth > 0; depth--) {
    const list = Buffer.concat([varint(10n), varint(BigInt(inner.length)), inner]);
    inner = Buffer.concat([varint(42n), varint(BigInt(list.length)), list]);
  }
  fields.length = 0;
  fields.push({ number: 5, wire: 2, content: inner, message: undefined });
}
