/** The elements of a JSON array as they stand in its text, without the gaps around them. */

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** @param json a valid JSON array */
export function elementsOf(json: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === QUOTE) at = closingQuote(json, at);
    else if (OPENING.has(unit)) {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (unit === COMMA && depth === 1) {
      elements.push(json.slice(start, at).trim());
      start = at + 1;
    } else if (CLOSING.has(unit)) {
      depth -= 1;
      if (depth === 0) elements.push(json.slice(start, at).trim());
    }
  }
  return elements.length === 1 && elements[0] === '' ? [] : elements;
}

/** Texts are long: the engine's own search finds where they may end. */
function closingQuote(json: string, opening: number): number {
  let at = opening;
  do at = json.indexOf('"', at + 1);
  while (isEscaped(json, at));
  return at;
}

function isEscaped(json: string, quote: number): boolean {
  let at = quote - 1;
  while (json.charCodeAt(at) === BACKSLASH) at -= 1;
  return (quote - 1 - at) % 2 === 1;
}
