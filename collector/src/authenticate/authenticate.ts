// Who is asking: turns the headers of a request into a Principal, or refuses it.
// Invariants: the tenant comes from the key alone; comparing takes the same time whatever is wrong with a key;
// no message repeats a key.
import { timingSafeEqual } from 'node:crypto';
import {
  type Authenticate,
  type HeaderValues,
  isInForce,
  type KeyRecord,
  type Principal,
  type Scope,
  type TenantId,
} from '../access.ts';
import { hashKey, parseKey } from '../key-format.ts';
import { Problem } from '../problems.ts';
import { presentedKey } from './credentials.ts';

export interface AuthenticateDeps {
  /** The stored key of an id, or undefined. Must not wait: it is asked for each request. */
  readonly findKey: (id: string) => KeyRecord | undefined;
  readonly now: () => Date;
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="aicost"' };
const NO_HASH = Buffer.alloc(32);

/** Makes the function that verifies the key of a request. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return (headers: HeaderValues, anyOf: readonly Scope[]): Principal => {
    const presented = presentedKey(headers);
    if (presented === undefined) {
      throw new Problem('key_missing', undefined, { headers: CHALLENGE });
    }
    const record = verifiedRecord(presented, deps);
    if (record === undefined) throw new Problem('key_unknown', undefined, { headers: CHALLENGE });
    if (!anyOf.some((scope) => record.scopes.includes(scope))) {
      throw new Problem(
        'scope_missing',
        `Key ${record.id} has the scopes ${record.scopes.join(', ')}; this needs ${anyOf.join(' or ')}.`,
      );
    }
    return {
      tenant: record.tenant as TenantId,
      scopes: new Set(record.scopes),
      keyId: record.id,
    };
  };
}

/** The record of a presented key, if the key is right and in force. Hashes and compares in every case. */
function verifiedRecord(presented: string, deps: AuthenticateDeps): KeyRecord | undefined {
  const parsed = parseKey(presented);
  const record = parsed === undefined ? undefined : deps.findKey(parsed.id);
  const stored = record === undefined ? NO_HASH : Buffer.from(record.sha256, 'hex');
  const same = stored.length === 32 && timingSafeEqual(hashKey(presented), stored);
  return same && record !== undefined && isInForce(record, deps.now()) ? record : undefined;
}
