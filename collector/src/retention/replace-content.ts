/**
 * Content of stored spans → its size, as `--content off` leaves it, but for the fingerprint: that is made with a secret
 * of the tenant, which must not stand in a statement that ClickHouse keeps. Whoever sends spans with content hidden has
 * nothing here to replace.
 */
import { PATIENT_CHANGE } from '@ai-cost-profiler/clickhouse/cluster/cluster-settings.ts';
import { changedTable } from '@ai-cost-profiler/clickhouse/cluster/table-places.ts';
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

/** Which attributes are content (rows/redact.ts), and how long a text may be whatever it is called. */
export interface ContentRule {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  readonly plainKeys: readonly string[];
  readonly plainEnds: readonly string[];
  readonly plainBytesMax: number;
}

interface ContentQuestion {
  readonly day: string;
  readonly tenants: readonly string[];
  readonly throughNs: bigint;
  /** Counts, and changes nothing. */
  readonly dryRun: boolean;
}

/** By tenant, how many spans had content. Can be repeated: what is replaced is no content. */
export async function replaceContent(
  store: Store,
  rule: ContentRule,
  { day, tenants, throughNs, dryRun }: ContentQuestion,
): Promise<ReadonlyMap<string, number>> {
  const spans = `${quoteName(store.database)}.spans`;
  const sql = contentSql(rule);
  const where = `tenant IN (${literals(tenants)}) AND received_at <= fromUnixTimestamp64Nano(toInt64('${throughNs}'), 'UTC')
    AND (${sql.hasContent})`;
  const rows = await store.query<{ tenant: string; found: string }>(
    `SELECT tenant, count() AS found FROM ${spans} WHERE toDate(start_time) = toDate(${quoteString(day)}) AND ${where}
     GROUP BY tenant`,
    {},
    PATIENT_CHANGE,
  );
  if (rows.length > 0 && !dryRun) {
    await store.command(
      `ALTER TABLE ${changedTable(store, 'spans')} UPDATE ${sql.changes} IN PARTITION ${quoteString(day)} WHERE ${where}`,
      PATIENT_CHANGE,
    );
  }
  const found = new Map(rows.map(({ tenant, found: count }) => [tenant, Number(count)]));
  return new Map(tenants.map((tenant) => [tenant, found.get(tenant) ?? 0]));
}

const literals = (texts: readonly string[]): string => texts.map(quoteString).join(', ');
const anyOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;

const replacement = (text: string): string =>
  `concat('redacted bytes=', toString(length(${text})), ' expired')`;
const isReplaced = (text: string): string => `startsWith(${text}, 'redacted bytes=')`;

function contentSql(rule: ContentRule): { hasContent: string; changes: string } {
  const isContent = contentCondition(rule);
  const replaced = (map: string) =>
    `mapApply((k, v) -> (k, if(${isContent}, ${replacement('v')}, v)), ${map})`;
  const has = (map: string) =>
    `arrayExists((k, v) -> ${isContent}, mapKeys(${map}), mapValues(${map}))`;
  const resource = "JSONExtract(toString(resource), 'Map(String, String)')";
  const isLong = `length(status_message) > ${rule.plainBytesMax} AND NOT ${isReplaced('status_message')}`;
  return {
    hasContent: [has('attributes'), has(resource), isLong, EVENTS_WITH_CONTENT].join(' OR '),
    changes: [
      // The values as they are stored: one that a column has too is a mark there, and stays one.
      `attribute_values = arrayMap((k, v, stored) -> if(${isContent}, ${replacement('v')}, stored),
        mapKeys(attributes), mapValues(attributes), attribute_values)`,
      `resource = if(${has(resource)}, toJSONString(${replaced(resource)}), toString(resource))`,
      `status_message = if(${isLong}, ${replacement('status_message')}, status_message)`,
      `events = if(${EVENTS_WITH_CONTENT}, ${EVENTS_WITHOUT}, events)`,
      // Nor can it be told any more that two of the texts were alike.
      "prompt_maker = '', prompt_sketch = '', prompt_boundaries = ''",
    ].join(', '),
  };
}

/** Of the attribute k with the value v; the same as rows/redact.ts finds before a span is stored. */
export function contentCondition(rule: ContentRule): string {
  const { keys, prefixes, plainKeys, plainEnds, plainBytesMax } = rule;
  const begins = anyOf(prefixes.map((prefix) => `startsWith(k, ${quoteString(prefix)})`));
  const isPlain = anyOf([
    `k IN (${literals(plainKeys)})`,
    ...plainEnds.map((end) => `endsWith(k, ${quoteString(end)}) AND length(k) > ${end.length}`),
  ]);
  const named = `k IN (${literals(keys)}) OR ${begins} AND NOT ${isPlain}`;
  return `(${named} OR length(v) > ${plainBytesMax}) AND NOT ${isReplaced('v')}`;
}

/** What an event says besides its name is content. */
const ATTRIBUTES = "JSONExtractRaw(event, 'attributes')";
const IS_HIDDEN = `startsWith(${ATTRIBUTES}, '"redacted bytes=')`;
const EVENTS_WITH_CONTENT = `events != '' AND arrayExists(event -> NOT ${IS_HIDDEN}, JSONExtractArrayRaw(events))`;
const EVENTS_WITHOUT = `concat('[', arrayStringConcat(arrayMap(event -> if(${IS_HIDDEN}, event, concat(
  '{"time_unix_nano":"', JSONExtractString(event, 'time_unix_nano'), '","name":', JSONExtractRaw(event, 'name'),
  ',"attributes":"redacted bytes=', toString(length(${ATTRIBUTES})), ' expired"}')), JSONExtractArrayRaw(events)), ','), ']')`;
