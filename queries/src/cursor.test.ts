import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type CursorPurpose, createCursors } from './cursor.ts';
import { InputProblem } from './input-problem.ts';

const cursors = createCursors(() => Buffer.alloc(32, 7));
const POSITION = z.object({ at: z.string(), id: z.string() });
const position = { at: '1787184000000000000', id: 'ab'.repeat(16) };

function purpose(query: string, change: Partial<CursorPurpose> = {}): CursorPurpose {
  return { question: 'traces', tenant: 'acme', parameters: new URLSearchParams(query), ...change };
}

const ASKED = 'from=now-24h&model=a&model=b&sort=cost';
const sealed = cursors.seal(purpose(ASKED), position);

describe('a cursor', () => {
  test('opens to the position it was made of', () => {
    expect(cursors.open(purpose(ASKED), sealed, POSITION)).toEqual(position);
  });

  test('stands in a URL as it is', () => {
    expect(encodeURIComponent(sealed)).toBe(sealed);
  });

  test.for([
    ['another limit', `${ASKED}&limit=7`],
    ['itself among the parameters', `${ASKED}&cursor=${sealed}`],
    ['parameters in another order', 'sort=cost&model=b&from=now-24h&model=a'],
  ] as const)('is good with %s', ([, query]) => {
    expect(cursors.open(purpose(query), sealed, POSITION)).toEqual(position);
  });

  test.for([
    ['of another tenant', purpose(ASKED, { tenant: 'globex' })],
    ['of another question', purpose(ASKED, { question: 'prompts' })],
    ['with another parameter', purpose(ASKED.replace('cost', 'start'))],
    ['with a parameter less', purpose(ASKED.replace('&model=b', ''))],
    ['with a parameter more', purpose(`${ASKED}&user=u`)],
  ] as const)('is refused %s', ([, other]) => {
    expect(() => cursors.open(other, sealed, POSITION)).toThrow(InputProblem);
  });

  test('is refused by an installation with another secret', () => {
    const others = createCursors(() => Buffer.alloc(32, 8));
    expect(() => others.open(purpose(ASKED), sealed, POSITION)).toThrow(/^cursor is/);
  });

  test('is refused when any of its characters is another one, is missing, or comes twice', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. é';
    const texts = [...sealed].flatMap((own, index) => {
      const [before, after] = [sealed.slice(0, index), sealed.slice(index + 1)];
      const changed = [...alphabet].filter((other) => other !== own);
      return [...changed, '', own + own].map((other) => before + other + after);
    });
    for (const text of texts) {
      expect(() => cursors.open(purpose(ASKED), text, POSITION)).toThrow(InputProblem);
    }
  });

  test('is refused when it is any other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => cursors.open(purpose(ASKED), text, POSITION)).toThrow(InputProblem);
      }),
    );
  });

  test('of a release that kept another position is refused, not misread', () => {
    const older = cursors.seal(purpose(ASKED), { at: 5 });
    expect(() => cursors.open(purpose(ASKED), older, POSITION)).toThrow(InputProblem);
  });
});
