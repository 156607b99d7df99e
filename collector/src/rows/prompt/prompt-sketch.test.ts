import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PromptMessage, PromptSketcher, SKETCH_BYTES } from './prompt-sketch.ts';

const ours = new PromptSketcher(Buffer.from('a secret of one tenant'));
const theirs = new PromptSketcher(Buffer.from('a secret of another tenant'));

const said = (words: string): PromptMessage => ({ words, exact: words });
const sketch = (words: string, by = ours): Buffer => Buffer.from(by.sketch([said(words)])!);

function similarity(a: Buffer, b: Buffer): number {
  const equal = a.filter((byte, n) => byte === b[n]).length / SKETCH_BYTES;
  return (equal - 1 / 256) / (1 - 1 / 256);
}

/** Two prompts whose sets of shingles have exactly `common` of `each + each - common` in common. */
function pair(each: number, common: number, seed: number): [PromptMessage[], PromptMessage[]] {
  // A message of three words is one shingle.
  const own = (name: string, count: number) =>
    Array.from({ length: count }, (_, n) => said(`${name}${seed}x${n} y${n} z${n}`));
  const shared = own('c', common);
  return [
    [...shared, ...own('a', each - common)],
    [...shared, ...own('b', each - common)],
  ];
}

const words = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 100 });

describe('the sketch of a prompt', () => {
  it.each([
    ['case', 'How Is It Going', 'how is it going'],
    ['spaces and punctuation', 'How is  it,\n going?', 'how is it going'],
    ['compatibility forms', 'ｈｏｗ is ﬁne today', 'how is fine today'],
    ['case beyond ASCII', 'ÜBER ALLES GEHT ES', 'über alles geht es'],
  ])('does not depend on %s', (_, one, other) => {
    expect(sketch(one)).toEqual(sketch(other));
  });

  it('is the same of letters in any compatibility form, however long the text', () => {
    const wide = (text: string) =>
      text.replace(/[!-~]/g, (sign) => String.fromCodePoint(sign.codePointAt(0)! + 0xfee0));
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 3000 });
    fc.assert(
      fc.property(text, (one) => {
        const [plain, formed] = [one, wide(one)].map((words) =>
          ours.sketch([said(words)])?.toString('hex'),
        );
        expect(formed).toBe(plain);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same whatever room was made before', () => {
    // In a buffer that ends within its last letter it must not be taken for ASCII.
    const prompt = `${'ab '.repeat(340)}aéé`;
    const roomy = new PromptSketcher(Buffer.from('a secret of one tenant'));
    roomy.sketch([said('x '.repeat(5000))]);
    const fresh = new PromptSketcher(Buffer.from('a secret of one tenant'));
    expect(sketch(prompt, fresh)).toEqual(sketch(prompt, roomy));
  });

  it('depends on the order of words', () => {
    expect(similarity(sketch('one two three four'), sketch('four three two one'))).toBeLessThan(
      0.2,
    );
    expect(similarity(sketch('one two'), sketch('two one'))).toBeLessThan(0.2);
  });

  it('is the same whatever was sketched before', () => {
    fc.assert(
      fc.property(words, words, (one, before) => {
        const other = new PromptSketcher(Buffer.from('a secret of one tenant'));
        other.sketch([said(before.join(' '))]);
        expect(sketch(one.join(' '), other)).toEqual(sketch(one.join(' ')));
      }),
      { numRuns: 50 },
    );
  });

  it('is unrelated under the secret of another tenant', () => {
    fc.assert(
      fc.property(words, (one) => {
        const text = one.join(' ');
        // Of few words many bytes hang together, so that chance is wide.
        const alike = similarity(sketch(text), sketch(text, theirs));
        expect(alike).toBeLessThan(0.3);
      }),
      { numRuns: 50 },
    );
  });

  it('is none where nothing is said in words', () => {
    expect(ours.sketch([said(' … !')])).toBeUndefined();
    expect(ours.sketch([])).toBeUndefined();
  });

  it('takes the signs of scripts without spaces one by one', () => {
    const one = '今天天气很好我们去公园散步吧然后回家吃饭看电视睡觉';
    expect(similarity(sketch(one), sketch(`${one}明天再说`))).toBeGreaterThan(0.6);
    expect(similarity(sketch(one), sketch('完全不同的一段话没有任何相同之处可言'))).toBeLessThan(
      0.2,
    );
  });

  it.each([12, 40, 150, 1000])('of %i shingles tells their Jaccard similarity', (each) => {
    let [sum, squares] = [0, 0];
    const pairs = 120;
    for (let n = 0; n < pairs; n++) {
      const common = Math.round(each * (0.1 + (0.85 * n) / pairs));
      const [one, other] = pair(each, common, n);
      const first = Buffer.from(ours.sketch(one)!);
      const error = similarity(first, ours.sketch(other)!) - common / (2 * each - common);
      sum += error;
      squares += error * error;
    }
    expect(Math.abs(sum / pairs)).toBeLessThan(0.03);
    // A MinHash of 128 permutations has 0.044 at the most; few shingles leave bins empty.
    expect(Math.sqrt(squares / pairs)).toBeLessThan(each < 20 ? 0.08 : 0.055);
  });
});

describe('the boundaries of a prompt', () => {
  const ends = (texts: readonly string[], by = ours) => by.boundaries(texts.map(said)).split(' ');

  it('are one for each message: a keyed hash, and how much there is up to it', () => {
    expect(ends(['Hello', 'How are you?'])).toEqual([
      expect.stringMatching(/^[\w-]{8}\.5$/),
      expect.stringMatching(/^[\w-]{8}\.h$/),
    ]);
    expect(ours.boundaries([])).toBe('');
  });

  it('are the same as far as two prompts begin alike, to the letter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { maxLength: 5 }),
        fc.string(),
        fc.string(),
        (begun, a, b) => {
          fc.pre(a !== b);
          const [one, other] = [ends([...begun, a]), ends([...begun, b])];
          expect(one.slice(0, -1)).toEqual(other.slice(0, -1));
          expect(one.at(-1)).not.toBe(other.at(-1));
        },
      ),
    );
  });

  it('tell messages from the same text cut elsewhere, and are unrelated under another secret', () => {
    expect(ends(['ab', 'c']).at(-1)).not.toBe(ends(['a', 'bc']).at(-1));
    expect(ends(['ab'])).not.toEqual(ends(['ab'], theirs));
  });

  it.each([20, 500])('of %i messages are the first six and the last that fit', (count) => {
    const texts = Array.from({ length: count }, (_, n) => `message ${n}`);
    const told = ends(texts);
    expect(told.join(' ').length).toBeLessThanOrEqual(256);
    expect(told.slice(0, 6)).toEqual(ends(texts.slice(0, 6)));
    expect(ends([...texts, 'one more']).at(-2)).toBe(told.at(-1));
  });
});
