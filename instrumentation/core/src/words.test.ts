import { expect, test } from 'vitest';
import { eachWord } from './words.ts';

function wordsOf(text: string): string[] {
  const words: string[] = [];
  eachWord(text, (word) => words.push(word));
  return words;
}

test.for<[string, string[]]>([
  ['', []],
  [' … !', []],
  ['It is 4 °C, isn’t it?', ['it', 'is', '4', 'c', 'isn', 't', 'it']],
  ['snake_case kebab-case', ['snake_case', 'kebab', 'case']],
  ['Żółć naïve', ['żółć', 'naïve']],
  ['हिन्दी में', ['हिन्दी', 'में']],
  ['①ﬁ', ['1fi']],
  ['今天 hi', ['今', '天', 'hi']],
  ['ok👍🏽', ['ok👍🏽']],
])('the words of %s are %j', ([text, words]) => {
  expect(wordsOf(text)).toEqual(words);
});
