/**
 * A text cut into words, normalised: letters, digits and marks together, in lower case and compatibility form. Where
 * words are not set apart by spaces, each sign is one. Scanned by hand: a regular expression that knows the scripts
 * takes several times as long.
 */

const WORD = 1;
const SIGN = 2;
const GAP = 3;
const SIGNS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
/** Halves of surrogate pairs count as letters: emoji and rare scripts are words. */
const LETTERS = /[\p{L}\p{N}\p{M}\p{Cs}_]/u;

/** What each UTF-16 unit is; 0 until it was met. */
const kinds = new Uint8Array(0x10000);

/** Calls `take` for each word in its order. */
export function eachWord(text: string, take: (word: string) => void): void {
  const plain = text.normalize('NFKC').toLowerCase();
  let start = -1;
  for (let at = 0; at < plain.length; at++) {
    const unit = plain.charCodeAt(at);
    const kind = kinds[unit]! || learnKind(unit);
    if (kind === WORD) {
      if (start === -1) start = at;
      continue;
    }
    if (start !== -1) take(plain.slice(start, at));
    start = -1;
    if (kind === SIGN) take(plain[at]!);
  }
  if (start !== -1) take(plain.slice(start));
}

function learnKind(unit: number): number {
  const kind = kindOf(unit);
  kinds[unit] = kind;
  return kind;
}

function kindOf(unit: number): number {
  const sign = String.fromCharCode(unit);
  if (SIGNS.test(sign)) return SIGN;
  return LETTERS.test(sign) ? WORD : GAP;
}
