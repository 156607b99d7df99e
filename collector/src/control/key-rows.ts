// Keys as control rows, and back. A key is made by one row and never changes but for being retired, so folding
// is a join: whatever order rows arrive in, and whoever wrote at the same time, every collector sees the same.
import { z } from 'zod';
import { type KeyRecord, SCOPES, type Scope } from '../access.ts';
import type { ControlChange } from './control-state.ts';
import type { ControlRow } from './control-store.ts';

const KEY_KIND = 'key';

const keyPayloadSchema = z.object({
  scopes: z.array(z.enum(SCOPES)),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().nullable(),
  // Rows from before it was known have none.
  sql_user: z.boolean().default(false),
  expires_at: z.iso.datetime().nullable(),
});
type KeyPayload = z.infer<typeof keyPayloadSchema>;

/** What makes a key: everything but what retirement adds. */
export interface KeyFacts {
  readonly id: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly sha256: string;
  readonly name: string | null;
  readonly sqlUser?: boolean;
}

function keyChange(
  actor: string,
  facts: KeyFacts,
  retired: { expiresAt: string | null; deleted: boolean },
): ControlChange {
  const payload: KeyPayload = {
    scopes: [...facts.scopes],
    sha256: facts.sha256,
    name: facts.name,
    sql_user: facts.sqlUser ?? false,
    expires_at: retired.expiresAt,
  };
  return {
    actor,
    tenant: facts.tenant,
    kind: KEY_KIND,
    id: facts.id,
    payload: JSON.stringify(payload),
    deleted: retired.deleted,
  };
}

export const createdKeyChange = (actor: string, facts: KeyFacts): ControlChange =>
  keyChange(actor, facts, { expiresAt: null, deleted: false });

export const expiringKeyChange = (actor: string, facts: KeyFacts, at: Date): ControlChange =>
  keyChange(actor, facts, { expiresAt: at.toISOString(), deleted: false });

export const revokedKeyChange = (actor: string, facts: KeyFacts): ControlChange =>
  keyChange(actor, facts, { expiresAt: null, deleted: true });

/**
 * The keys that rows amount to. The earliest row of an id makes the key, the earliest expiry holds, and a
 * revocation is for good: an id is never used again. A row of an unreadable payload makes no key.
 */
export function foldKeys(rows: Iterable<ControlRow>): ReadonlyMap<string, KeyRecord> {
  const keys = new Map<string, KeyRecord>();
  for (const row of rows) {
    if (row.kind !== KEY_KIND) continue;
    const payload = parsePayload(row.payload);
    if (payload === undefined) continue;
    const known = keys.get(row.id);
    if (known !== undefined && known.sha256 !== payload.sha256) continue;
    keys.set(row.id, retire(known ?? makeRecord(row, payload), row, payload));
  }
  return keys;
}

function parsePayload(text: string): KeyPayload | undefined {
  try {
    return keyPayloadSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // A later version may write payloads that this one cannot read; such a key is simply unknown here.
    return undefined;
  }
}

function makeRecord(row: ControlRow, payload: KeyPayload): KeyRecord {
  return {
    id: row.id,
    tenant: row.tenant,
    scopes: payload.scopes,
    sha256: payload.sha256,
    name: payload.name,
    sqlUser: payload.sql_user,
    createdAt: row.recordedAt,
    createdBy: row.actor,
    expiresAt: null,
    revokedAt: null,
  };
}

function retire(record: KeyRecord, row: ControlRow, payload: KeyPayload): KeyRecord {
  return {
    ...record,
    expiresAt: earlier(record.expiresAt, payload.expires_at),
    revokedAt: earlier(record.revokedAt, row.deleted ? row.recordedAt : null),
  };
}

function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(a) <= Date.parse(b) ? a : b;
}
