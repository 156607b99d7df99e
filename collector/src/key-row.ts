// A key as people and programs get to see it: in the API's answers and in what the command line prints.
import { type KeyRecord, sqlUserName } from './access.ts';

/** A key as the API shows it: everything that is known of it, but its hash. */
export interface KeyRow {
  readonly id: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly name: string | null;
  /** The ClickHouse user whose password the key is, or null. */
  readonly sql_user: string | null;
  readonly state: 'active' | 'expiring' | 'expired' | 'revoked';
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

function stateOf(record: KeyRecord, now: Date): KeyRow['state'] {
  if (record.revokedAt !== null) return 'revoked';
  if (record.expiresAt === null) return 'active';
  return Date.parse(record.expiresAt) <= now.getTime() ? 'expired' : 'expiring';
}

export function toKeyRow(record: KeyRecord, now: Date): KeyRow {
  return {
    id: record.id,
    tenant: record.tenant,
    scopes: record.scopes,
    name: record.name,
    sql_user: record.sqlUser ? sqlUserName(record.id) : null,
    state: stateOf(record, now),
    created_at: record.createdAt,
    created_by: record.createdBy,
    expires_at: record.expiresAt,
    revoked_at: record.revokedAt,
  };
}
