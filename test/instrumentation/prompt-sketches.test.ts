/**
 * The collector sketches prompts that come as text (c1), our instrumentations those that do not leave the application
 * (m1), and neither may import the other. What they say of a prompt is read by the same questions, so they must agree
 * on what a word is, how much of a prompt counts, and the form of what they tell. The hashes alone are their own.
 */
import {
  PromptSketcher,
  SKETCH_BYTES,
} from '@ai-cost-profiler/collector/rows/prompt/prompt-sketch.ts';
import { Fingerprinter } from '@ai-cost-profiler/core/fingerprint.ts';
import { eachWord } from '@ai-cost-profiler/core/words.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const SECRET = Buffer.from('a secret of this test');
const sketcher = new PromptSketcher(SECRET);
const fingerprinter = new Fingerprinter(SECRET);

/** Of these messages: by the collector, and by an instrumentation. */
function told(texts: readonly string[]) {
  const made = texts.map((text) => ({ words: text, exact: text }));
  const sketch = sketcher.sketch(made);
  const said = texts.map((text) => ({ role: 'user', words: text, rest: '' }));
  const { fingerprint, boundaries } = fingerprinter.of(said);
  return {
    c1: {
      sketch: sketch === undefined ? undefined : Buffer.from(sketch).toString('hex'),
      boundaries: sketcher.boundaries(made),
    },
    m1: {
      sketch:
        fingerprint === undefined
          ? undefined
          : Buffer.from(fingerprint.slice('m1.'.length), 'base64url').toString('hex'),
      boundaries: boundaries ?? '',
    },
  };
}

const countWords = (text: string): number => {
  let count = 0;
  eachWord(text, () => {
    count += 1;
  });
  return count;
};

/** What words are made of and what parts them, each in the forms that come to the same: scripts, cases, signs. */
const FORMS = [
  ...[
    ['a', 'A'],
    ['ß'],
    ['é', 'e\u0301', 'É'],
    ['ﬁ', 'fi', 'FI'],
    ['２', '2'],
    ['İ'],
    ['k', '\u212a'],
  ],
  ...[['_'], ['🙂'], ['ш', 'Ш'], ['今'], ['の'], ['カ', 'ｶ'], ['ไ'], ['\ud800']],
  ...[[' ', '\n', '-', '!'], ['，', ' '], ["'", ' '], ['\u200b']],
];
const formOf = fc.constantFrom(...FORMS).chain((forms) => {
  const form = fc.constantFrom(...forms);
  return fc.tuple(form, form);
});
/** Two texts, piece by piece in forms that mostly come to the same; or two that have nothing to do with each other. */
const pairs = fc.array(formOf, { maxLength: 5 }).chain((list) => {
  const text = (side: 0 | 1) => list.map((forms) => forms[side]).join('');
  return fc.constantFrom(
    [text(0), text(1)],
    [
      text(0),
      list
        .toReversed()
        .map(([form]) => form)
        .join(''),
    ],
  );
});

describe('a sketch by the collector and one by an instrumentation', () => {
  it('are of the same words: what is the same to one is the same to the other', () => {
    let alike = 0;
    fc.assert(
      fc.property(pairs, ([one = '', other = '']) => {
        // Up to three words make one run of words, whose hash tells them from all others.
        fc.pre(countWords(one) <= 3 && countWords(other) <= 3);
        const [a, b] = [told([one]), told([other])];
        expect(a.c1.sketch === b.c1.sketch).toBe(a.m1.sketch === b.m1.sketch);
        expect(a.c1.sketch === undefined).toBe(a.m1.sketch === undefined);
        if (a.c1.sketch !== undefined && a.c1.sketch === b.c1.sketch && one !== other) alike += 1;
      }),
      { numRuns: 2000 },
    );
    expect(alike).toBeGreaterThan(200);
  });

  it('have the same length, and compare the same beginning of a long prompt', () => {
    const long = 'one word after another '.repeat(12_000);
    expect(long.length).toBeGreaterThan(256 * 1024);
    const whole = told([long]);
    const longer = told([long, 'and what comes later']);
    const cut = told([`${long.slice(0, 256 * 1024)} entirely different words`]);
    for (const maker of ['c1', 'm1'] as const) {
      expect(whole[maker].sketch).toHaveLength(SKETCH_BYTES * 2);
      expect(longer[maker].sketch).toBe(whole[maker].sketch);
      expect(cut[maker].sketch).toBe(whole[maker].sketch);
    }
  });
});

describe('the boundaries by the collector and by an instrumentation', () => {
  const FORM = /^(?:[\w-]{8}\.[0-9a-z]{1,8}(?: [\w-]{8}\.[0-9a-z]{1,8})*)?$/;
  const sizesOf = (boundaries: string) => boundaries.split(' ').map((one) => one.slice(8));

  it('are in the same form, of the same messages and as large', () => {
    const messages = fc.oneof(
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 60 }),
      // So short that most fit.
      fc.array(fc.string({ maxLength: 1 }), { maxLength: 60 }),
    );
    fc.assert(
      fc.property(messages, (list) => {
        const { c1, m1 } = told(list);
        expect(c1.boundaries).toMatch(FORM);
        expect(m1.boundaries).toMatch(FORM);
        expect(sizesOf(c1.boundaries)).toEqual(sizesOf(m1.boundaries));
        expect(c1.boundaries.length).toBeLessThanOrEqual(256);
      }),
    );
  });

  it('are the same as far as two prompts begin alike, to both', () => {
    const common = (one: string, other: string) => {
      const [a, b] = [one.split(' '), other.split(' ')];
      const end = a.findIndex((boundary, n) => boundary !== b[n]);
      return end === -1 ? a.length : end;
    };
    const list = fc.array(fc.constantFrom('a', 'b'), { maxLength: 5 });
    fc.assert(
      fc.property(list, list, (one, other) => {
        const [a, b] = [told(one), told(other)];
        expect(common(a.c1.boundaries, b.c1.boundaries)).toBe(
          common(a.m1.boundaries, b.m1.boundaries),
        );
      }),
    );
  });
});
