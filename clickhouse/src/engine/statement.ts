/**
 * What one statement is: whether it reads, inserts or changes tables, where its output clause goes
 * and where the data of an INSERT begins. Invariant: one statement a request, as on the server.
 */
import { CODE, engineError } from './engine-error.ts';
import { readTokens, type Token } from './tokens.ts';

/** The lane a statement runs in. */
export type StatementKind = 'read' | 'insert' | 'change' | 'control';

/** How an INSERT gets its rows. Offsets are into the statement's text. */
export interface InsertParts {
  /** Where `FROM INFILE '…'` goes when the rows are data. */
  readonly infileAt: number;
  /** Rows follow the statement (`VALUES` or `FORMAT x`), rather than come from a SELECT. */
  readonly takesData: boolean;
  /** The data's format as written; null when the statement takes no data. */
  readonly format: string | null;
  /** Where the text of the statement ends (before `FORMAT` or `VALUES`) and its data begins. */
  readonly textEnd: number;
  readonly dataAt: number;
  /** The `input('structure')` call, if the rows pass through a SELECT. */
  readonly input: {
    readonly start: number;
    readonly end: number;
    readonly structure: string;
  } | null;
}

/** A statement that was recognised. */
export interface Statement {
  readonly kind: StatementKind;
  /** The first word, in upper case. */
  readonly verb: string;
  /** The format named by a trailing `FORMAT x` as written, else null. */
  readonly format: string | null;
  /** Where `INTO OUTFILE` goes. */
  readonly outputAt: number;
  /** The end of the last significant token before a final semicolon. */
  readonly end: number;
  readonly insert: InsertParts | null;
}

const READS = new Set([
  ...['SELECT', 'WITH', 'FROM', '(', 'SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN', 'CHECK'],
]);
const CONTROLS = new Set(['KILL', 'SET', 'USE']);

/**
 * Recognises one statement. Throws EngineError for an empty text (62), for several statements (62)
 * and for `INTO OUTFILE` (358).
 */
export function readStatement(text: string): Statement {
  const tokens = readTokens(text);
  const first = tokens.next().value;
  if (first === undefined || first.text === ';') {
    throw engineError(CODE.syntaxError, 'Empty query.');
  }
  if (first.text === 'INSERT') {
    return insertStatement(text, first, tokens);
  }
  const rest = [first, ...restOfOne(tokens)];
  if (first.text === 'WITH' && rest.some((token) => token.text === 'INSERT' && token.depth === 0)) {
    throw engineError(CODE.notImplemented, 'WITH before INSERT: put it after the table name.');
  }
  const last = rest[rest.length - 1] ?? first;
  const format = trailingFormat(text, rest);
  return {
    kind: READS.has(first.text) ? 'read' : CONTROLS.has(first.text) ? 'control' : 'change',
    verb: first.text,
    format: format?.name ?? null,
    outputAt: format?.start ?? last.end,
    end: last.end,
    insert: null,
  };
}

/** The tokens up to a final semicolon; anything significant after it is another statement. */
function restOfOne(tokens: Iterable<Token>): Token[] {
  const rest: Token[] = [];
  let ended = false;
  for (const token of tokens) {
    if (token.text === ';' && token.depth === 0) {
      ended = true;
    } else if (ended) {
      throw engineError(CODE.syntaxError, 'Multi-statements are not allowed: send one at a time.');
    } else {
      if (token.text === 'OUTFILE' && rest[rest.length - 1]?.text === 'INTO') {
        throw engineError(CODE.outfileNotAllowed, 'INTO OUTFILE is not allowed over HTTP.');
      }
      rest.push(token);
    }
  }
  return rest;
}

/** `FORMAT x` counts when nothing but SETTINGS follows it, since `format` may also name a column. */
function trailingFormat(text: string, tokens: readonly Token[]) {
  for (let index = tokens.length - 2; index > 0; index -= 1) {
    const token = tokens[index];
    const name = tokens[index + 1];
    const after = tokens[index + 2];
    const isClause =
      token?.text === 'FORMAT' &&
      token.depth === 0 &&
      name?.kind === 'word' &&
      name.text !== 'FROM';
    if (isClause && (after === undefined || after.text === 'SETTINGS')) {
      return { start: token.start, name: text.slice(name.start, name.end) };
    }
  }
  return null;
}

/** What was read of an INSERT before its data, or its end. */
interface InsertHead {
  readonly first: Token;
  readonly last: Token;
  /** -1: no SETTINGS. */
  readonly settingsAt: number;
  readonly input: InsertParts['input'];
}

function insertStatement(text: string, first: Token, tokens: Iterator<Token>): Statement {
  const seen = { settingsAt: -1, selects: false, input: null as InsertParts['input'] };
  let last = skipTarget(first, tokens);
  let token = tokens.next().value;
  while (token !== undefined && !(token.text === ';' && token.depth === 0)) {
    const outside = token.depth === 0;
    if (outside && !seen.selects && token.text === 'VALUES') {
      const clause = { start: token.start, format: 'Values', end: token.end };
      return insertWithData(text, { first, last, ...seen }, clause);
    }
    if (outside && token.text === 'FORMAT') {
      const name = tokens.next().value;
      if (name?.kind === 'word') {
        const format = text.slice(name.start, name.end);
        const clause = { start: token.start, format, end: name.end };
        return insertWithData(text, { first, last, ...seen }, clause);
      }
    }
    if (outside && token.text === 'SETTINGS' && seen.settingsAt === -1) {
      seen.settingsAt = token.start;
    }
    if (token.text === 'SELECT' || token.text === 'WITH') {
      seen.selects = true;
    }
    if (token.text === 'INPUT' && seen.selects) {
      const call = readInputCall(token, tokens);
      seen.input = call.input ?? seen.input;
      last = call.last;
    } else {
      last = token;
    }
    token = tokens.next().value;
  }
  restOfOne(token === undefined ? [] : [token, ...iterate(tokens)]);
  const insert: InsertParts = {
    infileAt: last.end,
    takesData: false,
    format: null,
    textEnd: last.end,
    dataAt: last.end,
    input: seen.input,
  };
  return { ...noOutput(first, last), insert };
}

function noOutput(first: Token, last: Token): Omit<Statement, 'insert'> {
  return { kind: 'insert', verb: first.text, format: null, outputAt: last.end, end: last.end };
}

/** `clause` is VALUES, or FORMAT with its name: the data follows it. */
function insertWithData(
  text: string,
  head: InsertHead,
  clause: { readonly start: number; readonly format: string; readonly end: number },
): Statement {
  const insert: InsertParts = {
    infileAt: head.settingsAt === -1 ? clause.start : head.settingsAt,
    takesData: true,
    format: clause.format,
    textEnd: clause.start,
    dataAt: startOfData(text, clause.end),
    input: head.input,
  };
  return { ...noOutput(head.first, head.last), insert };
}

/**
 * The data of an INSERT starts after one line end, or after the spaces when there is none.
 * Source: ClickHouse src/Parsers/ParserInsertQuery.cpp.
 */
function startOfData(text: string, formatEnd: number): number {
  let at = formatEnd;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\f') {
    at += 1;
  }
  at += text[at] === '\r' ? 1 : 0;
  return at + (text[at] === '\n' ? 1 : 0);
}

/** Reads `INTO [TABLE] [FUNCTION] name[.name]`, so that a table called `format` stays a name. */
function skipTarget(first: Token, tokens: Iterator<Token>): Token {
  let last = first;
  const next = (): Token | undefined => tokens.next().value;
  for (let token = next(); token !== undefined; token = next()) {
    last = token;
    const isKeyword = ['INTO', 'TABLE', 'FUNCTION'].includes(token.text) && token.kind === 'word';
    if (!isKeyword) {
      break;
    }
  }
  return last;
}

/** Reads `('structure')` after the word `input`. */
function readInputCall(word: Token, tokens: Iterator<Token>) {
  let last = word;
  let structure: Token | null = null;
  for (let token = tokens.next().value; token !== undefined; token = tokens.next().value) {
    last = token;
    if (token.kind === 'string') {
      structure = token;
    }
    if (token.text === ')' && token.depth === word.depth) {
      break;
    }
    if (token.text !== '(' && token.kind !== 'string') {
      return { input: null, last };
    }
  }
  const input =
    structure === null ? null : { start: word.start, end: last.end, structure: structure.text };
  return { input, last };
}

function* iterate(tokens: Iterator<Token>): Generator<Token, undefined> {
  for (let token = tokens.next().value; token !== undefined; token = tokens.next().value) {
    yield token;
  }
  return undefined;
}
