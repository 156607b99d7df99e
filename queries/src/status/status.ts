/**
 * Is anything arriving? When the newest span came, and how many came lately, for one tenant.
 * Invariant: it counts what is stored, so what it shows can be found by SQL.
 */
import { z } from 'zod';
import { COUNT_SCHEMA, type Count, showCount } from '../figures.ts';
import { instantSql } from '../instant-sql.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant, type InstantNs, NS_PER_SECOND, type Range } from '../range.ts';
import { sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store } from '../tenant-scope.ts';

const SPANS = {
  last_minute: COUNT_SCHEMA,
  last_5_minutes: COUNT_SCHEMA,
  last_hour: COUNT_SCHEMA,
  last_24_hours: COUNT_SCHEMA,
  stored: COUNT_SCHEMA,
};
type SpanCounts = Record<keyof typeof SPANS, Count>;

export interface StatusAnswer extends Provisional {
  readonly tenant: string;
  readonly now: string;
  /** When the newest stored span was received; null: none ever was. */
  readonly last_received_at: string | null;
  /** Spans by when they were received, and all that are stored. */
  readonly spans: SpanCounts;
  /** Of those stored, spans of LLM calls. */
  readonly llm_spans: Count;
}

/** An answer as a Zod schema, for documentation. */
export const STATUS_ANSWER = z.object({
  tenant: z.string(),
  now: z.string(),
  last_received_at: z.string().nullable().describe('Null: no span was ever stored.'),
  spans: z.object(SPANS).describe('Spans by when they were received, and all that are stored.'),
  llm_spans: COUNT_SCHEMA.describe('Of those stored, spans of LLM calls.'),
  ...PROVISIONAL_SHAPE,
});

type StoredRow = Readonly<Record<keyof typeof SPANS | 'llm' | 'last_ns', string>>;

const MINUTE_NS = 60n * NS_PER_SECOND;

/** Whole days, so that the rollup answers while nothing is settled yet; a later start is refused. */
const EVER: Range = { fromNs: 0n, toNs: 47_482n * 1440n * MINUTE_NS };

/** Answers for the reader's own tenant, an operator's too. */
export async function answerStatus(
  store: Store,
  reader: Reader,
  nowNs: InstantNs,
): Promise<StatusAnswer> {
  const scope = openTenantScope(store, reader, { by: [], filters: [] });
  const since = (minutes: bigint) =>
    sql`toString(countIf(received_at >= ${instantSql(nowNs - minutes * MINUTE_NS)}))`;
  const counting = scope.query<StoredRow>(sql`SELECT
    ${since(1n)} AS last_minute, ${since(5n)} AS last_5_minutes,
    ${since(60n)} AS last_hour, ${since(1440n)} AS last_24_hours,
    toString(count()) AS stored, toString(countIf(role != 'not_llm')) AS llm,
    toString(toUnixTimestamp64Nano(max(received_at))) AS last_ns
    ${scope.from('spans')}`);
  const [[row], provisional] = await Promise.all([
    counting,
    readProvisional(scope, { range: EVER, by: [], filters: [], nowNs }),
  ]);
  const count = (column: keyof StoredRow) => BigInt(row?.[column] ?? 0);
  return {
    tenant: reader.tenant,
    now: formatInstant(nowNs),
    last_received_at: count('stored') === 0n ? null : formatInstant(count('last_ns')),
    spans: {
      last_minute: showCount(count('last_minute')),
      last_5_minutes: showCount(count('last_5_minutes')),
      last_hour: showCount(count('last_hour')),
      last_24_hours: showCount(count('last_24_hours')),
      stored: showCount(count('stored')),
    },
    llm_spans: showCount(count('llm')),
    ...provisional,
  };
}
