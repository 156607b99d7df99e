/** Where the declared keys stand in an attribute list: the same for all lists of one shape (decode/key-shapes.ts). */
import type { AttributeList } from '../decode/attribute-list.ts';
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import type { TagForm } from './tag-keys.ts';

/** Lists are shorter: see SPAN_LIMITS. Where one is not, its end is not read. */
const POSITION_MAX = 0x7fff;

export class KeyPositions {
  /** The declared keys that the list has; a key that stands twice is there twice. */
  readonly foundKeys: readonly KeyId[];
  /** Where tags stand, and how each is read. */
  readonly tags: readonly { at: number; form: TagForm }[];
  /** For each declared key its position, or -1. */
  private readonly positions: Int16Array;

  /** Of a key that stands twice the last counts. */
  constructor({ bytes, keyStart, keyEnd, count }: AttributeList, keys: AttributeKeys) {
    const foundKeys: KeyId[] = [];
    const tags: { at: number; form: TagForm }[] = [];
    this.positions = new Int16Array(keys.size).fill(-1);
    for (let i = 0; i < Math.min(count, POSITION_MAX); i++) {
      const start = keyStart[i]!;
      const id = keys.find(bytes, start, keyEnd[i]!);
      if (id !== -1) {
        this.positions[id] = i;
        foundKeys.push(id);
      }
      const form = keys.tagForm(id, bytes, start, keyEnd[i]!);
      if (form !== undefined) {
        tags.push({ at: i, form });
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
