import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Fingerprinter, type SaidMessage } from './fingerprint.ts';

const KEY = 'a secret of 16 bytes at least';
const ours = new Fingerprinter(KEY);

const said = (words: string, role = 'user'): SaidMessage => ({ role, words, rest: '' });
const bytesOf = (fingerprint: string | undefined): Buffer =>
  Buffer.from(fingerprint!.replace('m1.', ''), 'base64url');
const print = (words: string, by = ours): Buffer => bytesOf(by.of([said(words)]).fingerprint);

/** The similarity that two fingerprints tell: equal bytes, less those that are equal by chance. */
function similarity(a: Buffer, b: Buffer): number {
  const equal = a.filter((byte, n) => byte === b[n]).length / a.length;
  return (equal - 1 / 256) / (1 - 1 / 256);
}

/** The Jaccard similarity of the runs of three words. */
function jaccard(a: readonly string[], b: readonly string[]): number {
  const runs = (words: readonly string[]) =>
    new Set(words.slice(2).map((word, n) => `${words[n]} ${words[n + 1]} ${word}`));
  const [first, second] = [runs(a), runs(b)];
  const common = [...first].filter((run) => second.has(run)).length;
  return common / (first.size + second.size - common);
}

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const text = fc.array(word, { minLength: 3, maxLength: 200 });
const message = fc.record({ role: fc.string(), words: fc.string(), rest: fc.string() });

describe('the fingerprint of a prompt', () => {
  it('is short enough to be kept where content is not, and says how it was made', () => {
    const { fingerprint } = ours.of([said('How is the weather in Oslo today?')]);
    expect(fingerprint).toMatch(/^m1\.[\w-]{171}$/);
  });

  test.for<[string, string, string]>([
    ['case', 'How Is It Going', 'how is it going'],
    ['spaces and punctuation', 'How is  it,\n going?', 'how is it going'],
    ['compatibility forms', 'ｈｏｗ is ﬁne today', 'how is fine today'],
  ])('does not depend on %s', ([, one, other]) => {
    expect(print(one)).toEqual(print(other));
  });

  it('is the same for the same text, whoever has the key, and whatever was said before', () => {
    fc.assert(
      fc.property(text, text, (words, before) => {
        const other = new Fingerprinter(KEY);
        other.of([said(before.join(' '))]);
        expect(print(words.join(' '), other)).toEqual(print(words.join(' ')));
      }),
      { numRuns: 50 },
    );
  });

  it('is as near to another as the texts are alike', () => {
    const changes = fc.array(fc.tuple(fc.nat(199), word), { maxLength: 40 });
    const long = fc.array(word, { minLength: 100, maxLength: 200 });
    fc.assert(
      fc.property(long, changes, (words, changed) => {
        const others = [...words];
        for (const [at, instead] of changed) others[at % others.length] = instead;
        const told = similarity(print(words.join(' ')), print(others.join(' ')));
        // Five standard deviations of a MinHash with 128 permutations.
        expect(Math.abs(told - jaccard(words, others))).toBeLessThan(0.23);
      }),
      { numRuns: 200 },
    );
  });

  it('is unrelated under another key', () => {
    fc.assert(
      fc.property(text, fc.string({ minLength: 16, unit: 'grapheme-ascii' }), (words, key) => {
        fc.pre(key !== KEY);
        const other = print(words.join(' '), new Fingerprinter(key));
        expect(Math.abs(similarity(print(words.join(' ')), other))).toBeLessThan(0.1);
      }),
      { numRuns: 50 },
    );
  });

  it('tells nothing of what is no words', () => {
    expect(ours.of([said(' … !')]).fingerprint).toBeUndefined();
    expect(ours.of([]).fingerprint).toBeUndefined();
  });

  it('takes the signs of scripts without spaces one by one', () => {
    const one = '今天天气很好我们去公园散步吧然后回家吃饭看电视睡觉';
    expect(similarity(print(one), print(`${one}明天再说`))).toBeGreaterThan(0.6);
    expect(similarity(print(one), print('完全不同的一段话没有任何相同之处可言'))).toBeLessThan(0.2);
  });
});

describe('how well similar prompts are told from others', () => {
  /** Two texts of 300 runs of words each, with this share in common. */
  function pair(share: number, seed: number): [Buffer, Buffer] {
    const runs = Math.round((2 * 300 * share) / (1 + share));
    const own = (name: string, count: number) =>
      Array.from({ length: count }, (_, n) => `${name}${seed}x${n} y${n} z${n}.`);
    // Of three words a message, one run each: so the share is exact.
    const print = (texts: string[]) => bytesOf(ours.of(texts.map((one) => said(one))).fingerprint);
    const common = own('c', runs);
    return [
      print([...common, ...own('a', 300 - runs)]),
      print([...common, ...own('b', 300 - runs)]),
    ];
  }

  it('has precision and recall of 0.95 at least, with pairs below 0.6 and above 0.8', () => {
    let [found, wrong, missed] = [0, 0, 0];
    for (let n = 0; n < 60; n++) {
      const isLike = n % 2 === 0;
      const share = isLike ? 0.8 + (0.2 * n) / 60 : (0.6 * n) / 60;
      const isTold = similarity(...pair(share, n)) >= 0.7;
      if (isTold && isLike) found += 1;
      if (isTold && !isLike) wrong += 1;
      if (!isTold && isLike) missed += 1;
    }
    expect(found / (found + wrong)).toBeGreaterThanOrEqual(0.95);
    expect(found / (found + missed)).toBeGreaterThanOrEqual(0.95);
  });
});

const boundariesOf = (messages: readonly SaidMessage[], by = ours): string[] =>
  by.of(messages).boundaries?.split(' ') ?? [];

describe('the boundaries of a prompt', () => {
  it('are one for each message: a keyed hash, and how much there is up to it', () => {
    expect(boundariesOf([said('Hello', 'system'), said('How are you?')])).toEqual([
      expect.stringMatching(/^[\w-]{8}\.5$/),
      expect.stringMatching(/^[\w-]{8}\.h$/),
    ]);
    expect(ours.of([]).boundaries).toBeUndefined();
  });

  it('are the same as far as two prompts begin alike, to the letter', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), message, message, (begun, one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const first = boundariesOf([...begun, one]);
        const second = boundariesOf([...begun, other]);
        expect(first.slice(0, -1)).toEqual(second.slice(0, -1));
        expect(first.at(-1)).not.toBe(second.at(-1));
      }),
      { numRuns: 100 },
    );
  });

  it('differ where only the role, only the case, or only the cut between two messages does', () => {
    const last = (...messages: SaidMessage[]) => boundariesOf(messages).at(-1);
    expect(last(said('Hi', 'user'))).not.toBe(last(said('Hi', 'assistant')));
    expect(last(said('Hi'))).not.toBe(last(said('hi')));
    expect(last(said('ab'), said('c'))).not.toBe(last(said('a'), said('bc')));
  });

  it('are unrelated under another key', () => {
    const other = new Fingerprinter('another secret of many bytes');
    expect(boundariesOf([said('Hi')], other)).not.toEqual(boundariesOf([said('Hi')]));
  });

  it.each([20, 2000])('of %i messages are the first six and the last that fit', (count) => {
    const messages = Array.from({ length: count }, (_, n) => said(`message ${n}`));
    const told = boundariesOf(messages);
    expect(told.join(' ').length).toBeLessThanOrEqual(256);
    expect(told.length).toBeGreaterThanOrEqual(16);
    expect(told.slice(0, 6)).toEqual(boundariesOf(messages.slice(0, 6)));
    // Those of the turn before are found among those of the next.
    const next = boundariesOf([...messages, said('one more')]);
    expect(next.at(-2)).toBe(told.at(-1));
  });
});

it('nothing that was said can be read in what is told', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (messages) => {
      const told = ours.of(messages);
      const { fingerprint, boundaries } = told;
      // Of fixed shape and size, whatever the texts: there is no room for them.
      if (fingerprint !== undefined) expect(fingerprint).toMatch(/^m1\.[\w-]{171}$/);
      expect(boundaries).toMatch(/^([\w-]{8}\.[0-9a-z]{1,5}( |$))+$/);
      expect(boundaries!.length).toBeLessThanOrEqual(256);
    }),
    { numRuns: 100 },
  );
});

it('refuses a key of less than 16 bytes', () => {
  expect(() => new Fingerprinter('too short')).toThrow(RangeError);
});
