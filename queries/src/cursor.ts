/**
 * Cursors: where a list goes on, handed to the client as text that only this installation can make. A cursor is good
 * for the tenant, the question and the parameters it was made for, `limit` aside.
 * Invariant: a text that differs in one byte from what `seal` gave is refused, and so is one of another question.
 */
import { z } from 'zod';
import { InputProblem } from './input-problem.ts';
import { readSigned, type SigningSecret, signText } from './signed-text.ts';

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
const EXPECTED = 'the next_cursor of the page before, with the same parameters (limit may change)';

/** The parameter of a question whose answer comes in pages, as a Zod member. */
export const CURSOR_SCHEMA = z
  .string()
  .optional()
  .describe(
    'Where to go on: `next_cursor` of the page before, with the same parameters; `limit` may change.',
  );

/** Makes and reads the cursors of an installation. */
export function createCursors(secret: SigningSecret): Cursors {
  return {
    seal: (purpose, position) => signText(secret, purposeText(purpose), position),
    open: (purpose, text, position) => {
      const signed = readSigned(secret, purposeText(purpose), text);
      const read = signed === undefined ? undefined : position.safeParse(signed);
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
