// A key as people and programs get to see it: in the API's answers and in what the command line prints.
import { z } from 'zod';
import { type CreatedKey, type KeyRecord, SCOPES, sqlUserName } from './access.ts';

/** A key as the API shows it: everything that is known of it, but its hash. */
export const KEY_ROW = z.object({
  id: z.string(),
  tenant: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  name: z.string().nullable(),
  sql_user: z.string().nullable().describe('The ClickHouse user whose password the key is.'),
  state: z.enum(['active', 'expiring', 'expired', 'revoked']),
  created_at: z.string(),
  created_by: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});
export type KeyRow = Readonly<z.output<typeof KEY_ROW>>;

/** A key that was just made. */
export const MADE_KEY = KEY_ROW.extend({ key: z.string().describe('The key: shown this once.') });
export type MadeKey = Readonly<z.output<typeof MADE_KEY>>;

function stateOf(record: KeyRecord, now: Date): KeyRow['state'] {
  if (record.revokedAt !== null) return 'revoked';
  if (record.expiresAt === null) return 'active';
  return Date.parse(record.expiresAt) <= now.getTime() ? 'expired' : 'expiring';
}

export function toKeyRow(record: KeyRecord, now: Date): KeyRow {
  return {
    id: record.id,
    tenant: record.tenant,
    scopes: [...record.scopes],
    name: record.name,
    sql_user: record.sqlUser ? sqlUserName(record.id) : null,
    state: stateOf(record, now),
    created_at: record.createdAt,
    created_by: record.createdBy,
    expires_at: record.expiresAt,
    revoked_at: record.revokedAt,
  };
}

/** A key as its maker sees it, once. */
export const toMadeKey = ({ key, record }: CreatedKey, now: Date): MadeKey => ({
  key,
  ...toKeyRow(record, now),
});
