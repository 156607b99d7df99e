/**
 * Cursors: where a list goes on, handed to the client as text that only this installation can make. A cursor is good
 * for the tenant, the question and the parameters it was made for, `limit` aside.
 * Invariant: a text that differs in one byte from what `seal` gave is refused, and so is one of another question.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { InputProblem } from './input-problem.ts';

/** What a cursor is good for. */
export interface CursorPurpose {
  /** The question's own name, such as `traces`. */
  readonly question: string;
  /** The tenant of the key that asks. */
  readonly tenant: string;
  /** As they came. Relative times stay texts, so that `from=now-24h` is the same question on every page. */
  readonly parameters: URLSearchParams;
}

/** Makes cursors and reads them. */
export interface Cursors {
  /** `position` is plain JSON; it is signed, not hidden. */
  seal(purpose: CursorPurpose, position: object): string;
  /** Throws InputProblem, field `cursor`, unless `seal` made the text for this purpose. */
  open<Position>(purpose: CursorPurpose, text: string, position: z.ZodType<Position>): Position;
}

/** Parameters that may change from page to page. */
const FREE_PARAMETERS: readonly string[] = ['cursor', 'limit'];
const MAC_BYTES = 32;
const EXPECTED = 'the next_cursor of the page before, with the same parameters (limit may change)';

/** The parameter of a question whose answer comes in pages, as a Zod member. */
export const CURSOR_SCHEMA = z
  .string()
  .optional()
  .describe(
    'Where to go on: `next_cursor` of the page before, with the same parameters; `limit` may change.',
  );

/** `secret` is asked for at each call: it may be learned from another collector. */
export function createCursors(secret: () => Uint8Array): Cursors {
  const macOf = (purpose: CursorPurpose, body: Uint8Array): Buffer =>
    createHmac('sha256', secret()).update(purposeText(purpose)).update(body).digest();
  return {
    seal: (purpose, position) => {
      const body = Buffer.from(JSON.stringify(position));
      return Buffer.concat([macOf(purpose, body), body]).toString('base64url');
    },
    open: (purpose, text, position) => {
      const bytes = Buffer.from(text, 'base64url');
      const [mac, body] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
      // Several texts decode to the same bytes: only the one that was given is taken.
      const isOurs =
        bytes.toString('base64url') === text &&
        mac.length === MAC_BYTES &&
        timingSafeEqual(mac, macOf(purpose, body));
      const read = isOurs ? position.safeParse(JSON.parse(body.toString())) : undefined;
      if (read?.success) return read.data;
      throw new InputProblem([{ field: 'cursor', value: text, expected: EXPECTED }]);
    },
  };
}

/** JSON, because values hold any character: no two purposes have one text, and none is the beginning of another. */
function purposeText({ question, tenant, parameters }: CursorPurpose): string {
  const asked = [...parameters].filter(([name]) => !FREE_PARAMETERS.includes(name));
  asked.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return `${JSON.stringify([question, tenant, asked])}\n`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
