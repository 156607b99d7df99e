/**
 * The text of a stored attribute → the OTLP value it may have been. `spans` keeps texts as they came and everything
 * else as JSON writes it, so the type is not known, only what it may have been.
 */
const INTEGER = /^-?(0|[1-9]\d{0,17})$/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** A text → an AnyValue of OTLP/JSON. */
export type Render = (text: string) => object;

/** As if every attribute had been a text. */
export const asText: Render = (text) => ({ stringValue: text });

/** As if everything that looks like a number, a bool, a list or an object had been one. */
export const byLook: Render = (text) => {
  if (INTEGER.test(text)) return { intValue: text };
  if (NUMBER.test(text)) return { doubleValue: Number(text) };
  if (text === 'true' || text === 'false') return { boolValue: text === 'true' };
  // Nobody looks into a list: that it is none of the others is what counts.
  return isJson(text) ? { arrayValue: { values: [] } } : asText(text);
};

function isJson(text: string): boolean {
  if (!/^[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // It only began like JSON: a text.
    return false;
  }
}
