/**
 * Prompts in the order of their first calls. A comparing function would be asked some 20 million times for a million
 * of them, so that they are spread by radix over the time between the first and the last, and only what is as good as
 * at the same time is compared.
 */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const KEY_BITS = 32;
const TWO_32 = 4_294_967_296;

/** Two words a prompt, the lower one first: when its first call began, and which it was. */
export interface FirstCalls {
  readonly firstNs: Uint32Array;
  readonly firstCall: Uint32Array;
}

/** These prompts by their first calls; of two at the same time by the calls' identities. */
export function inOrderOfFirstCalls(prompts: Uint32Array, firsts: FirstCalls): Uint32Array {
  const keys = keysOf(prompts, firsts.firstNs);
  let pass = { order: prompts, keys };
  for (let shift = 0; shift < KEY_BITS; shift += DIGIT_BITS) pass = sortedByDigit(pass, shift);
  sortRuns(pass.order, pass.keys, firsts);
  return pass.order;
}

/** Compares two prompts by their first calls. */
export function compareFirstCalls({ firstNs, firstCall }: FirstCalls, a: number, b: number) {
  return compareAt(firstNs, a, b) || compareAt(firstCall, a, b);
}

/** Compares two numbers of two words, the lower one first. */
export function compareAt(words: Uint32Array, a: number, b: number): number {
  return words[2 * a + 1]! - words[2 * b + 1]! || words[2 * a]! - words[2 * b]!;
}

/** Later is no smaller; of what is less apart than 2^-32 of the whole time two may have the same. */
function keysOf(prompts: Uint32Array, firstNs: Uint32Array): Uint32Array {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  const at = (prompt: number) => firstNs[2 * prompt + 1]! * TWO_32 + firstNs[2 * prompt]!;
  for (const prompt of prompts) {
    const ns = at(prompt);
    if (ns < least) least = ns;
    if (ns > most) most = ns;
  }
  const step = Math.max(1, (most - least) / (TWO_32 - 1));
  const keys = new Uint32Array(prompts.length);
  for (let n = 0; n < keys.length; n++) keys[n] = (at(prompts[n]!) - least) / step;
  return keys;
}

interface Pass {
  readonly order: Uint32Array;
  readonly keys: Uint32Array;
}

/** What has equal digits stays in its order. */
function sortedByDigit({ order, keys }: Pass, shift: number): Pass {
  const places = new Uint32Array(DIGITS);
  for (const key of keys) {
    const digit = (key >>> shift) & (DIGITS - 1);
    places[digit] = places[digit]! + 1;
  }
  let start = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = places[digit]!;
    places[digit] = start;
    start += count;
  }
  const into = { order: new Uint32Array(order.length), keys: new Uint32Array(order.length) };
  for (let n = 0; n < order.length; n++) {
    const key = keys[n]!;
    const digit = (key >>> shift) & (DIGITS - 1);
    const place = places[digit]!;
    places[digit] = place + 1;
    into.order[place] = order[n]!;
    into.keys[place] = key;
  }
  return into;
}

/** Brings what has the same key into its order, in place. */
function sortRuns(order: Uint32Array, keys: Uint32Array, firsts: FirstCalls): void {
  const compare = (a: number, b: number) => compareFirstCalls(firsts, a, b);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && keys[to] === keys[from]) to += 1;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
  }
}
