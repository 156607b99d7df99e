/** A table of words, asked for a word that a sender wrote: `__proto__` and `constructor` are words like any other. */
export function namedIn<Value>(
  table: Readonly<Record<string, Value>> | undefined,
  word: string,
): Value | undefined {
  return table !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
}
