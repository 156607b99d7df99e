/** Where the declared keys stand in an attribute list: the same for all lists of one shape (decode/key-shapes.ts). */
import type { AttributeList } from '../decode/attribute-list.ts';
import type { AttributeKeys, KeyId } from './attribute-keys.ts';

const TAG_PREFIX = Buffer.from('aicost.tag.', 'utf8');
/** Lists are shorter: see SPAN_LIMITS. Where one is not, its end is not read. */
const POSITION_MAX = 0x7fff;

export class KeyPositions {
  /** The declared keys that the list has; a key that stands twice is there twice. */
  readonly foundKeys: readonly KeyId[];
  /** Where the `aicost.tag.<key>` stand. */
  readonly tags: readonly number[];
  /** For each declared key its position, or -1. */
  private readonly positions: Int16Array;

  /** Of a key that stands twice the last counts. */
  constructor({ bytes, keyStart, keyEnd, count }: AttributeList, keys: AttributeKeys) {
    const foundKeys: KeyId[] = [];
    const tags: number[] = [];
    this.positions = new Int16Array(keys.size).fill(-1);
    for (let i = 0; i < Math.min(count, POSITION_MAX); i++) {
      const start = keyStart[i]!;
      const id = keys.find(bytes, start, keyEnd[i]!);
      if (id !== -1) {
        this.positions[id] = i;
        foundKeys.push(id);
      } else if (isTag(bytes, start, keyEnd[i]!)) {
        tags.push(i);
      }
    }
    this.foundKeys = foundKeys;
    this.tags = tags;
  }

  /** Position of the key in the list, or -1. */
  of(key: KeyId): number {
    return this.positions[key]!;
  }
}

/** The key of a tag without its prefix. */
export function tagName(key: string): string {
  return key.slice(TAG_PREFIX.length);
}

function isTag(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= TAG_PREFIX.length) {
    return false;
  }
  for (let i = 0; i < TAG_PREFIX.length; i++) {
    if (bytes[start + i] !== TAG_PREFIX[i]) {
      return false;
    }
  }
  return true;
}
