/**
 * The spans of a person: their own, and those of the same traces that nobody else is named for. What was said in them
 * goes, and what tells who it was; what they used and cost stays as it was told.
 */
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { type ContentRule, contentCondition } from '../retention/replace-content.ts';
import { type Erasure, PersonSql, TOMBSTONE } from './person.ts';

/** Waited for, on every replica. */
export const ERASE_SYNC = {
  timeoutMs: 3_600_000,
  settings: { mutations_sync: '2', max_execution_time: '3600' },
};

/**
 * Notes the traces that name the person, before any row changes: afterwards nothing tells them any more. Repeated after
 * a crash it adds those that are left.
 */
export async function noteTraces(store: Store, erasure: Erasure): Promise<void> {
  const { id, tenant } = erasure;
  const { user } = new PersonSql(store, erasure);
  const of = (table: string) =>
    `SELECT trace_id FROM ${store.database}.${table} WHERE tenant = ${quoteString(tenant)} AND user = ${user}`;
  await store.command(
    `INSERT INTO ${store.database}.erasing_traces (erasure_id, tenant, trace_id)
     SELECT DISTINCT ${quoteString(id)}, ${quoteString(tenant)}, trace_id FROM (${of('spans')} UNION ALL ${of('ledger')})`,
    ERASE_SYNC,
  );
}

/** Rows of a table that are the person's, or may be. */
export function isTheirs(store: Store, erasure: Erasure): string {
  const { id, tenant } = erasure;
  const { user } = new PersonSql(store, erasure);
  const noted = `SELECT noted.trace_id FROM ${quoteName(store.database)}.erasing_traces AS noted WHERE noted.erasure_id = ${quoteString(id)}`;
  return `tenant = ${quoteString(tenant)} AND user IN ('', ${TOMBSTONE}, ${user}) AND trace_id IN (${noted})`;
}

/** Resolves with how many spans were looked through. Can be repeated. */
export async function eraseSpans(
  store: Store,
  erasure: Erasure,
  rule: ContentRule,
): Promise<number> {
  const spans = `${quoteName(store.database)}.spans`;
  const where = isTheirs(store, erasure);
  const [row] = await store.query<{ found: string }>(
    `SELECT count() AS found FROM ${spans} WHERE ${where}`,
    {},
    ERASE_SYNC,
  );
  const found = Number(row?.found ?? 0);
  if (found > 0) {
    const changes = spanChanges(new PersonSql(store, erasure), rule);
    await store.command(`ALTER TABLE ${spans} UPDATE ${changes} WHERE ${where}`, ERASE_SYNC);
  }
  return found;
}

const RESOURCE = "JSONExtract(toString(resource), 'Map(String, String)')";

function spanChanges(person: PersonSql, rule: ContentRule): string {
  // What retention or --content off has replaced is content too: here its fingerprint goes as well.
  const isContent = contentCondition(rule);
  const value = `multiIf(
    ${isContent}, ${sizeOf('v')},
    startsWith(v, 'redacted bytes='), ${withoutFingerprint('v')},
    v = ${person.user} AND ${namesUser(rule)} OR ${person.names('v')}, ${TOMBSTONE}, v)`;
  // One that another column has too is a mark, and tells what that column tells from now on. That of the user is not
  // kept as it is: a count may be equal to a user's number.
  const stored = `if(kept IN ('\\x1Ar', '\\x1As'), kept, ${value})`;
  const resource = `mapApply((k, v) -> (k, ${value}), ${RESOURCE})`;
  return [
    `attribute_values = arrayMap((k, v, kept) -> ${stored}, mapKeys(attributes), mapValues(attributes), attribute_values)`,
    `resource = if(${RESOURCE} = ${resource}, toString(resource), toJSONString(${resource}))`,
    `status_message = if(status_message = '', '', ${sizeOf('status_message')})`,
    `events = if(events = '', '', ${EVENTS_BY_NAME})`,
    `links = if(${person.names('links')}, '', links)`,
    `trace_state = if(${person.names('trace_state')}, '', trace_state)`,
    `name = ${person.without('toString(name)')}`,
    `finish_reason = ${person.without('toString(finish_reason)')}`,
    `error_type = ${person.without('toString(error_type)')}`,
    `session = ${person.without('session')}`,
    `tags = ${person.withoutInMap('tags')}`,
    `user = ${person.replacedUser}`,
    // Told of what was said, though nobody can read it.
    `prompt_maker = ''`,
    `prompt_sketch = ''`,
    `prompt_boundaries = ''`,
  ].join(', ');
}

/** Of a key that names a user by convention, a number is the user too. */
function namesUser({ plainKeys }: ContentRule): string {
  const keys = plainKeys.filter((key) => key.includes('user')).map(quoteString);
  return `(k IN (${keys.join(', ')}) OR endsWith(k, 'user_id') OR endsWith(k, 'user.id'))`;
}

const sizeOf = (text: string): string =>
  `if(startsWith(${text}, 'redacted bytes='), ${withoutFingerprint(text)}, concat('redacted bytes=', toString(length(${text})), ' deleted'))`;
const withoutFingerprint = (text: string): string =>
  `concat(extract(${text}, '^redacted bytes=[0-9]*'), ' deleted')`;

/** What an event says besides its name and time is content. */
const EVENTS_BY_NAME = `concat('[', arrayStringConcat(arrayMap(event -> concat(
  '{"time_unix_nano":"', JSONExtractString(event, 'time_unix_nano'), '","name":', JSONExtractRaw(event, 'name'),
  ',"attributes":"redacted bytes=', toString(length(JSONExtractRaw(event, 'attributes'))), ' deleted"}'),
  JSONExtractArrayRaw(events)), ','), ']')`;
