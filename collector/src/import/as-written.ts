/** JSON whose numbers stay the digits they are written with: an amount that becomes a float is another one. */

/** @throws SyntaxError */
export function parseAsWritten(text: string): unknown {
  return JSON.parse(text, asWritten);
}

/** A number as its text. */
function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}
