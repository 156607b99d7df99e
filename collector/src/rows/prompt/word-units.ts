/**
 * What each UTF-16 unit of a text is: part of a word, a sign that is a word by itself (scripts without spaces), or a
 * gap. Asked once of a regular expression that knows the scripts, then looked up.
 */
export const WORD = 1;
export const SIGN = 2;
const GAP = 3;
const SIGNS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
/** Halves of surrogate pairs count as letters: emoji and rare scripts are words. */
const LETTERS = /[\p{L}\p{N}\p{M}\p{Cs}_]/u;

/** 0 until it was met. */
const kinds = new Uint8Array(0x10000);

export function kindOfUnit(unit: number): number {
  return kinds[unit]! || learn(unit);
}

function learn(unit: number): number {
  const sign = String.fromCharCode(unit);
  const kind = SIGNS.test(sign) ? SIGN : LETTERS.test(sign) ? WORD : GAP;
  kinds[unit] = kind;
  return kind;
}

/** By ASCII unit: the unit of a word, in lower case; 0 for a gap. */
export const ASCII_FOLDED = Uint8Array.from({ length: 128 }, (_, unit) =>
  kindOfUnit(unit) === WORD ? String.fromCharCode(unit).toLowerCase().charCodeAt(0) : 0,
);
