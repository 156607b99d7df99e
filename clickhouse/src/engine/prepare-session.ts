/**
 * What a statement finds in its session: the database, the settings and the parameters of its request.
 * Invariant: `readonly` is set last, so that nothing a request brings can come after it. It may stand in the statement
 * of the other settings: the engine checks all of a SET before it sets any, and each statement less is 0.2 ms of CPU.
 */
import { quoteName, quoteString } from '../sql-text.ts';
import type { ChdbSession } from './chdb-session.ts';
import type { StatementContext } from './engine.ts';
import { CODE, engineError } from './engine-error.ts';
import type { EnteredSession } from './http-sessions.ts';

const SETTING_NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/;
/** Well below what a statement may take by default, 256 KiB, in characters of 4 bytes at most. */
const LONG_ASSIGNMENT_CHARS = 60_000;

/** Sets them in a session. Throws what the engine says of a wrong one. */
export async function prepareSession(
  session: ChdbSession,
  context: Pick<StatementContext, 'database' | 'params'>,
  settings: ReadonlyMap<string, string>,
): Promise<void> {
  const assignments: string[] = [];
  for (const [name, value] of settings) {
    if (!SETTING_NAME.test(name)) {
      throw engineError(CODE.badArguments, `"${name}" is not the name of a setting.`);
    }
    if (name !== 'readonly') assignments.push(`${name} = ${quoteString(value)}`);
  }
  for (const [name, value] of context.params) {
    if (!SETTING_NAME.test(name)) {
      throw engineError(CODE.badArguments, `"${name}" is not the name of a parameter.`);
    }
    assignments.push(`param_${name} = ${quoteString(value)}`);
  }
  const readonly = settings.get('readonly');
  if (readonly !== undefined) assignments.push(`readonly = ${quoteString(readonly)}`);
  const assign = assignments.length === 0 ? '' : `SET ${assignments.join(', ')}`;
  if (assign.length > LONG_ASSIGNMENT_CHARS) {
    // A server takes parameters of any length; here they stand in a statement, which has a limit of its own.
    await session.queryAsync(`SET max_query_size = ${Buffer.byteLength(assign) * 2}`);
  }
  const use = context.database === null ? '' : `USE ${quoteName(context.database)}`;
  const statements = [use, assign].filter((statement) => statement !== '');
  if (statements.length > 0) await session.queryAsync(statements.join('; '));
}

/**
 * Prepares a session that lasts; gives the statement that takes back the settings and the database the request
 * brought ('' for none). Values of parameters stay until they are given anew.
 */
export async function prepareLasting(
  { session, isNew }: EnteredSession,
  context: StatementContext,
  defaults: ReadonlyMap<string, string>,
): Promise<string> {
  const params = new Map<string, string>();
  if (isNew) await prepareSession(session, { database: context.database, params }, defaults);
  if (context.kind === 'control') {
    // SET and USE are to last, so nothing is brought that would have to be taken back after them.
    const readonly = [...context.settings].filter(([name]) => name === 'readonly');
    await prepareSession(session, { database: null, params }, new Map(readonly));
    return '';
  }
  const brought = [...context.settings.keys()].filter((name) => name !== 'readonly');
  const restore = await rememberState(session, brought);
  await prepareSession(session, context, context.settings);
  return restore;
}

/** The values that `names` and the database have now, as a statement that brings them back. */
async function rememberState(session: ChdbSession, names: readonly string[]): Promise<string> {
  const list = names.map(quoteString).join(', ');
  const rows =
    names.length === 0 ? '' : `SELECT name, value FROM system.settings WHERE name IN (${list})`;
  const database = await session.queryAsync('SELECT currentDatabase() AS name', { format: 'JSON' });
  const use = database.json<{ data: { name: string }[] }>().data[0]?.name ?? 'default';
  const back = [`USE ${quoteName(use)}`];
  if (rows !== '') {
    const settings = await session.queryAsync(rows, { format: 'JSON' });
    const assignments = settings
      .json<{ data: { name: string; value: string }[] }>()
      .data.map(({ name, value }) => `${name} = ${quoteString(value)}`);
    if (assignments.length > 0) back.push(`SET ${assignments.join(', ')}`);
  }
  return back.join('; ');
}
