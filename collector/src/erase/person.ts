/** A person whose data is to go, and how statements name them without holding the name. */
import { DELETED_USER } from '@ai-cost-profiler/clickhouse/deleted-user.ts';
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

export interface Erasure {
  /** Random; what the audit log and statements call it by. */
  readonly id: string;
  readonly tenant: string;
  /** As `user` tells it. */
  readonly user: string;
  /** Who asked. */
  readonly actor: string;
}

/**
 * An RE2 pattern that finds the user as a whole word, whatever the case: within a longer text, such as
 * `ann@example.com` in a JSON object, and not `ann` in `annual`.
 */
function personPattern(user: string): string {
  const escaped = user.replaceAll(/[\\^$.|?*+()[\]{}\-/]/g, String.raw`\$&`);
  return String.raw`(?i)(^|[^\pL\pN_])${escaped}($|[^\pL\pN_])`;
}

/** Why a person cannot be deleted by this collector; undefined where it can. `settles`: it is the one that does. */
export function whyNotHere(
  { cluster }: Pick<Store, 'cluster'>,
  settles: boolean,
): string | undefined {
  if (!settles) {
    return 'This collector does not settle (--settle off); ask the one that does: two at once would write the same rows anew.';
  }
  return cluster === null
    ? undefined
    : 'A person cannot be deleted on a cluster yet: months of cost_daily would have to be written anew on every shard at once. Delete the tenant, or let the spans expire (--retention-spans).';
}

/** Written before anything is changed: a restart finds it and goes on. */
export async function writeIntent(store: Store, erasure: Erasure, nowMs: number): Promise<void> {
  const { id, tenant, user, actor } = erasure;
  const row = {
    erasure_id: id,
    tenant,
    user,
    pattern: personPattern(user),
    actor,
    requested_at: new Date(nowMs).toISOString(),
  };
  await store.insertRows(`${store.database}.erasing`, [row]);
}

/** Erasures that were asked for and are not done. */
export async function readIntents(store: Store): Promise<Erasure[]> {
  return store.query<{ id: string; tenant: string; user: string; actor: string }>(
    `SELECT erasure_id AS id, tenant, user, actor FROM ${store.database}.erasing
     ORDER BY requested_at, erasure_id LIMIT 1 BY erasure_id`,
  );
}

export async function forgetIntent(store: Store, { id }: Erasure): Promise<void> {
  for (const table of ['erasing_traces', 'erasing']) {
    await store.command(
      `ALTER TABLE ${quoteName(store.database)}.${table} DELETE WHERE erasure_id = ${quoteString(id)}`,
      { timeoutMs: 600_000, settings: { mutations_sync: '2' } },
    );
  }
}

/** No user is called so, and no text matches. */
const NOBODY = "'\\0'";
const NO_TEXT = "'[^\\\\s\\\\S]'";

/** The person in a statement: values that are looked up, and conditions on a text. */
export class PersonSql {
  readonly user: string;
  private readonly pattern: string;

  constructor(store: Store, { id }: Erasure) {
    const from = `FROM ${quoteName(store.database)}.erasing AS one WHERE one.erasure_id = ${quoteString(id)}`;
    // Where the intent is gone, nobody and no text is theirs: '' would be everybody who was never named.
    this.user = `assumeNotNull(ifNull((SELECT one.user ${from} LIMIT 1), ${NOBODY}))`;
    this.pattern = `assumeNotNull(ifNull((SELECT one.pattern ${from} LIMIT 1), ${NO_TEXT}))`;
  }

  /** Whether a text names the person. A number alone does not: `42` is a count more often than user 42. */
  names(text: string): string {
    return `(match(${text}, ${this.pattern}) AND NOT match(${text}, '^[0-9.]+$'))`;
  }

  /** The text, or the tombstone where it names the person. */
  without(text: string): string {
    return `if(${this.names(text)}, ${TOMBSTONE}, ${text})`;
  }

  withoutInMap(map: string): string {
    return `mapApply((k, v) -> (k, ${this.without('v')}), ${map})`;
  }

  namesInMap(map: string): string {
    return `arrayExists(v -> ${this.names('v')}, mapValues(${map}))`;
  }

  get replacedUser(): string {
    return `if(user = ${this.user}, ${TOMBSTONE}, user)`;
  }
}

export const TOMBSTONE = quoteString(DELETED_USER);
