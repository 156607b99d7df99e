/**
 * What `readonly` of ClickHouse lets through although it writes: `INSERT INTO FUNCTION file(…)`, and tables that are
 * called temporary and lie in a file or on another machine. Invariant: of these nothing passes; a temporary table in
 * memory, which readonly = 2 allows, does.
 */
import { CODE, engineError } from './engine-error.ts';
import { readTokens, type Token } from './tokens.ts';

/** Throws 164 (readonly) for a statement that would write outside of memory. */
export function refuseToWriteOutside(sql: string): void {
  const tokens = [...readTokens(sql)];
  const verb = tokens[0]?.text;
  const writes =
    verb === 'INSERT' ? insertsIntoFunction(tokens) : verb === 'CREATE' && liesElsewhere(tokens);
  if (writes) {
    throw engineError(CODE.readonly, 'Cannot execute query in readonly mode.');
  }
}

function insertsIntoFunction(tokens: readonly Token[]): boolean {
  const target = tokens.slice(1).filter(({ text }) => text !== 'INTO' && text !== 'TABLE');
  return target[0]?.text === 'FUNCTION';
}

/** `ENGINE` other than Memory, or `AS function(…)`, which is a table of that function. */
function liesElsewhere(all: readonly Token[]): boolean {
  const query = all.findIndex(({ text, depth }) => depth === 0 && /^(SELECT|WITH)$/.test(text));
  const tokens = query === -1 ? all : all.slice(0, query);
  return tokens.some((token, index) => {
    const after = tokens.slice(index + 1).filter(({ text }) => text !== '=');
    if (token.kind !== 'word' || token.depth > 0) return false;
    if (token.text === 'ENGINE') return after[0]?.text !== 'MEMORY';
    return token.text === 'AS' && after[0]?.kind !== 'symbol' && after[1]?.text === '(';
  });
}
