/**
 * Attribute lists → maps of texts. Values are copied as bytes, keys are looked up in the block's dictionary once for
 * each shape of list (decode/key-shapes.ts), and so is whether a key's value must be hidden.
 */
import type { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import type { StringMapColumn } from '@ai-cost-profiler/clickhouse/native/map-columns.ts';
import { type AttributeList, VALUE } from '../decode/attribute-list.ts';
import type { KeyShape } from '../decode/key-shapes.ts';
import { attributeText } from './attribute-text.ts';
import type { ContentRedactor } from './redact.ts';
import { RenderedValues } from './rendered-values.ts';

interface Hiding {
  tenant: string;
  redactor: ContentRedactor;
}

/** The keys of one shape. */
interface KnownKeys {
  /** Indexes in the dictionary of the map's keys, in the block of this number. */
  readonly indexes: Uint32Array;
  block: number;
  /** 1 where the key alone tells that its value is content. */
  readonly isContent: Uint8Array;
}

/** Of so many shapes it is remembered what is content; then all are forgotten. */
const SHAPES_MAX = 16_384;

/** What is remembered of the rows of one map column, until its block is taken. */
export class AttributeMap {
  readonly column: StringMapColumn;
  private readonly known = new Map<KeyShape, KnownKeys>();
  private block = 0;
  private readonly rendered = new RenderedValues();
  private redactor: ContentRedactor | undefined;

  constructor(column: StringMapColumn) {
    this.column = column;
  }

  /** The attributes of a span. */
  append(list: AttributeList, shape: KeyShape | undefined, hiding: Hiding): void {
    const { keys } = this.column;
    if (shape === undefined) {
      for (let i = 0; i < list.count; i++) {
        const isContent = hiding.redactor.hidesKey(list.bytes, list.keyStart[i]!, list.keyEnd[i]!);
        keys.appendRange(list.bytes, list.keyStart[i]!, list.keyEnd[i]!);
        this.appendValue(list, i, isContent, hiding);
      }
    } else {
      const { indexes, isContent } = this.keysOf(shape, list, hiding.redactor);
      keys.appendIndexes(indexes, list.count);
      for (let i = 0; i < list.count; i++) {
        this.appendValue(list, i, isContent[i] === 1, hiding);
      }
    }
    this.column.endRow();
  }

  /** Forgets what is of the block that was taken. */
  reset(): void {
    this.block++;
    if (this.known.size > SHAPES_MAX) {
      this.known.clear();
    }
  }

  private keysOf(shape: KeyShape, list: AttributeList, redactor: ContentRedactor): KnownKeys {
    if (this.redactor !== redactor) {
      this.redactor = redactor;
      this.known.clear();
    }
    let known = this.known.get(shape);
    if (known === undefined) {
      known = knownKeys(list, redactor);
      this.known.set(shape, known);
    }
    if (known.block !== this.block) {
      known.block = this.block;
      findIndexes(list, this.column.keys, known.indexes);
    }
    return known;
  }

  private appendValue(
    list: AttributeList,
    i: number,
    isContent: boolean,
    { tenant, redactor }: Hiding,
  ): void {
    const { values } = this.column;
    const type = list.type[i]!;
    const isString = type === VALUE.string;
    const start = list.valueStart[i]!;
    const end = list.valueEnd[i]!;
    const length = isString || type >= VALUE.array ? end - start : 0;
    if (redactor.isOn && (isContent || redactor.hidesText(length))) {
      values.appendText(
        isString
          ? redactor.replacement(tenant, list.bytes, start, end)
          : redactor.replacementOf(tenant, attributeText(list, i)),
      );
    } else if (isString) {
      values.appendFrom(list.data, start, end);
    } else if (type === VALUE.int && list.number[i]! >= 0 && list.number[i]! <= DIGITS_MAX) {
      values.appendDigits(list.number[i]!);
    } else {
      values.appendText(this.rendered.textOf(list, i));
    }
  }
}

/** Up to here an int's double is the int. */
const DIGITS_MAX = Number.MAX_SAFE_INTEGER;

function knownKeys(
  { bytes, keyStart, keyEnd, count }: AttributeList,
  redactor: ContentRedactor,
): KnownKeys {
  const isContent = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    isContent[i] = redactor.hidesKey(bytes, keyStart[i]!, keyEnd[i]!) ? 1 : 0;
  }
  return { indexes: new Uint32Array(count), block: -1, isContent };
}

function findIndexes(
  { bytes, keyStart, keyEnd, count }: AttributeList,
  keys: LowCardinalityColumn,
  indexes: Uint32Array,
): void {
  for (let i = 0; i < count; i++) {
    indexes[i] = keys.indexOfRange(bytes, keyStart[i]!, keyEnd[i]!);
  }
}
