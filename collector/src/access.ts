// The nouns of access: tenants, scopes, keys as they are stored, and who a request acts for.
// Invariant: a KeyRecord never holds a secret, only its SHA-256; a TenantId comes from `authenticate/` alone.
import { z } from 'zod';

/** What a key may do. `ingest`, `read` and `admin` act inside its own tenant, `operator` spans tenants. */
export const SCOPES = ['ingest', 'read', 'admin', 'operator'] as const;
export type Scope = (typeof SCOPES)[number];

declare const tenantBrand: unique symbol;
/** A tenant whose key was verified. Code that takes a TenantId cannot be handed a name from a payload. */
export type TenantId = string & { readonly [tenantBrand]: true };

const TENANT_NAME_RULE = '1 to 63 of a-z, 0-9, "-" and "_", beginning with a letter or a digit';

/** Tenant names stand in URLs, file names and ClickHouse policies, so they are plain lower-case ASCII. */
export const tenantNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
  error: `expected a tenant name of ${TENANT_NAME_RULE}`,
});

export const scopesSchema = z
  .array(z.enum(SCOPES, { error: `expected scopes out of ${SCOPES.join(', ')}` }))
  .min(1, { error: 'expected at least one scope' })
  .transform((scopes) => SCOPES.filter((scope) => scopes.includes(scope)));

/** A key as control state holds it. Instants are ISO 8601 in UTC; null means "not". */
export interface KeyRecord {
  readonly id: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the whole key text, 64 hex digits. */
  readonly sha256: string;
  readonly name: string | null;
  /** A ClickHouse user goes with it (`keys create --sql`), whose password it is. */
  readonly sqlUser: boolean;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Set by rotation with an overlap: the key is refused from then on. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

/** Who a request acts for, after its key was verified. */
export interface Principal {
  readonly tenant: TenantId;
  readonly scopes: ReadonlySet<Scope>;
  readonly keyId: string;
}

/** Whether a key is neither revoked nor expired. */
export const isInForce = (
  { revokedAt, expiresAt }: Pick<KeyRecord, 'revokedAt' | 'expiresAt'>,
  now: Date,
): boolean => revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now.getTime());

/** The ClickHouse user that goes with a key, where one does. */
export const sqlUserName = (keyId: string): string => `aicost_${keyId}`;

export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Verifies the key of a request.
 * @param anyOf scopes of which the key must hold at least one
 * @throws Problem `key_missing`, `key_unknown` (401) or `scope_missing` (403)
 */
export type Authenticate = (headers: HeaderValues, anyOf: readonly Scope[]) => Principal;

/** A key that was just made. `key` is shown to its maker once and kept nowhere. */
export interface CreatedKey {
  readonly key: string;
  readonly record: KeyRecord;
}

/** Who asks for a change of keys. `tenant: null` spans tenants (scope operator). */
export interface KeyActor {
  readonly name: string;
  readonly tenant: string | null;
  /** Scopes the actor holds: nobody makes a key that can do more than its maker. */
  readonly scopes: ReadonlySet<Scope>;
}

/** What can be done with keys; the same functions stand behind the API and the command line. */
export interface KeyOperations {
  create(actor: KeyActor, wanted: NewKey): Promise<CreatedKey>;
  /** Every key the actor may see, retired ones included, oldest first. */
  list(actor: KeyActor): readonly KeyRecord[];
  /** Makes a successor with the same tenant and scopes; the old key stays valid for `overlapMs`. */
  rotate(actor: KeyActor, id: string, overlapMs: number): Promise<CreatedKey>;
  revoke(actor: KeyActor, id: string): Promise<KeyRecord>;
}

export interface NewKey {
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly name: string | null;
  /** Make a ClickHouse user too; without it, none. */
  readonly sqlUser?: boolean;
}
