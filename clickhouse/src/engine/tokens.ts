/**
 * A lexer of ClickHouse SQL, only as deep as the engine needs: it finds words and brackets and
 * never looks inside strings, quoted names and comments.
 * Invariant: offsets count characters of the text given, so a text decoded as latin1 gives bytes.
 */

/** One significant token; `depth` counts the brackets around it. */
export interface Token {
  readonly kind: 'word' | 'string' | 'name' | 'symbol';
  /** The text as written; a word in upper case. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

const SPACE = /[\s\0]+/y;
const WORD = /[A-Za-z0-9_\u0080-\u{10ffff}]+/uy;
const NEXT_STOP = /[\\'"`]/g;
const HEREDOC = /\$[A-Za-z0-9_]*\$/y;

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The end of a comment that starts at `at`, or `at` when none does. */
function endOfComment(text: string, at: number): number {
  const two = text.slice(at, at + 2);
  if (two === '/*') {
    const close = text.indexOf('*/', at + 2);
    return close === -1 ? text.length : close + 2;
  }
  if (two === '--' || two === '# ' || two === '#!') {
    const line = text.indexOf('\n', at);
    return line === -1 ? text.length : line + 1;
  }
  return at;
}

/** The end of a quoted piece: the quote is escaped by a backslash or by doubling it. */
function endOfQuoted(text: string, at: number): number {
  const quote = text[at] ?? '';
  let position = at + 1;
  for (;;) {
    NEXT_STOP.lastIndex = position;
    const stop = NEXT_STOP.exec(text);
    if (stop === null) {
      return text.length;
    }
    const isEscape = stop[0] === '\\' || (stop[0] === quote && text[stop.index + 1] === quote);
    if (!isEscape && stop[0] === quote) {
      return stop.index + 1;
    }
    position = stop.index + (isEscape ? 2 : 1);
  }
}

function endOfHeredoc(text: string, at: number): number {
  const opened = matchAt(HEREDOC, text, at);
  if (opened === at) {
    return at;
  }
  const close = text.indexOf(text.slice(at, opened), opened);
  return close === -1 ? text.length : close + (opened - at);
}

/** Yields the significant tokens of a statement in order; lazily, so that data is never lexed. */
export function* readTokens(text: string): Generator<Token, undefined> {
  let at = 0;
  let depth = 0;
  while (at < text.length) {
    const skipped = endOfComment(text, matchAt(SPACE, text, at));
    if (skipped !== at) {
      at = skipped;
      continue;
    }
    const character = text[at] ?? '';
    let end = at + 1;
    let kind: Token['kind'] = 'symbol';
    if (character === "'" || character === '"' || character === '`') {
      end = endOfQuoted(text, at);
      kind = character === "'" ? 'string' : 'name';
    } else if (character === '$' && endOfHeredoc(text, at) > at) {
      end = endOfHeredoc(text, at);
      kind = 'string';
    } else if (matchAt(WORD, text, at) > at) {
      end = matchAt(WORD, text, at);
      kind = 'word';
    }
    const piece = text.slice(at, end);
    if (')]}'.includes(piece)) {
      depth = Math.max(0, depth - 1);
    }
    yield { kind, text: kind === 'word' ? piece.toUpperCase() : piece, start: at, end, depth };
    if ('([{'.includes(piece)) {
      depth += 1;
    }
    at = end;
  }
  return undefined;
}
