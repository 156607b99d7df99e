/**
 * Names the field that a byte offset lies in, e.g. `resourceSpans[0].scopeSpans[0].spans[2].name`.
 * It walks the request again, which only a request that is about to be refused pays for.
 */

import { MESSAGES, type MessageName } from './message-schema.ts';
import { WireChecker, WireFault } from './wire-checker.ts';

/** Segments named; a path into a deeply nested value ends in an ellipsis. */
const SEGMENTS_MAX = 12;

/** Groups followed inside one field: enough for any fault, few enough for the stack. */
const GROUPS_MAX = 200;

/** Path of the innermost known field of a `root` message around `offset`; '' when it lies in none. */
export function fieldPathAt(bytes: Buffer, offset: number, root: MessageName): string {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new PathFinder(bytes, data, offset).find(root);
}

class PathFinder extends WireChecker {
  private readonly offset: number;
  private readonly path: string[] = [];

  constructor(bytes: Buffer, data: DataView, offset: number) {
    super(bytes, data, GROUPS_MAX);
    this.offset = offset;
  }

  find(root: MessageName): string {
    try {
      this.walk(root, 0, this.bytes.length);
    } catch (fault) {
      // The walk meets the very fault it is asked about: the path up to there is the answer.
      if (!(fault instanceof WireFault)) throw fault;
    }
    const path = this.path.slice(0, SEGMENTS_MAX).join('.');
    return this.path.length > SEGMENTS_MAX ? `${path}…` : path;
  }

  private walk(message: MessageName, at: number, end: number): void {
    const seen: Record<number, number> = {};
    while (at < end) {
      const tag = this.tag(at, end);
      const field = MESSAGES[message][tag >>> 3];
      const index = seen[tag >>> 3] ?? 0;
      seen[tag >>> 3] = index + 1;
      const start = this.after;
      if (field !== undefined) this.path.push(field.many ? `${field.name}[${index}]` : field.name);
      const next = this.skip(start, end, tag, 0);
      if (this.offset < next) {
        if (field?.message === undefined || (tag & 7) !== 2) return;
        const content = this.after;
        if (this.offset >= content) this.walk(field.message, content, next);
        return;
      }
      if (field !== undefined) this.path.pop();
      at = next;
    }
  }
}
