// Creating, listing, rotating and revoking keys, with the rules of who may do it to which.
// Invariants: an actor without `operator` stays inside its tenant and can neither make nor take over a key that
// holds `operator`; another tenant's key looks like one that does not exist.
import {
  type CreatedKey,
  isInForce,
  type KeyActor,
  type KeyOperations,
  type KeyRecord,
  type NewKey,
  scopesSchema,
  tenantNameSchema,
} from '../access.ts';
import { generateKey, hashKey, parseKey } from '../key-format.ts';
import { Problem } from '../problems.ts';
import { foldTenants, isGone } from '../tenant-states.ts';
import type { ControlState } from './control-state.ts';
import {
  createdKeyChange,
  expiringKeyChange,
  type KeyFacts,
  revokedKeyChange,
} from './key-rows.ts';
import type { SqlUsers } from './sql-users.ts';

export interface KeyOperationsDeps {
  readonly state: ControlState;
  readonly now: () => Date;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Told the id of a key that was rotated or revoked, so that a file that holds it can be removed. */
  readonly onRetired: (id: string) => Promise<void>;
  readonly sqlUsers: SqlUsers;
}

const NAME_CHARS_MAX = 100;
const OVERLAP_MS_MAX = 365 * 86_400_000;

export function createKeyOperations(deps: KeyOperationsDeps): KeyOperations {
  return {
    create: async (actor, wanted) => {
      const facts = checkNewKey(actor, wanted);
      refuseDeleted(deps, facts.tenant);
      const made = makeKey(deps, facts);
      await createSqlUser(deps, made.facts);
      await deps.state.append([createdKeyChange(actor.name, made.facts)]);
      const created = found(deps, made);
      // Another collector may have deleted the tenant: what it wrote is known here once a row was appended.
      await revokeOfDeleted(deps, actor, created.record);
      return created;
    },
    list: (actor) => [...deps.state.keys.values()].filter((key) => isVisible(actor, key)),
    rotate: (actor, id, overlapMs) => rotate(deps, actor, { id, overlapMs }),
    revoke: async (actor, id) => {
      const key = retirable(deps, actor, id);
      if (key.sqlUser) await deps.sqlUsers.drop(id);
      await deps.state.append([revokedKeyChange(actor.name, key)]);
      await deps.onRetired(id);
      return deps.state.keys.get(id) ?? key;
    },
  };
}

async function rotate(
  deps: KeyOperationsDeps,
  actor: KeyActor,
  { id, overlapMs }: { id: string; overlapMs: number },
): Promise<CreatedKey> {
  const old = retirable(deps, actor, id);
  if (overlapMs > OVERLAP_MS_MAX) {
    throw new Problem('parameter_invalid', `overlap is ${overlapMs} ms; expected at most 365d.`);
  }
  const made = makeKey(deps, old);
  const until = overlapMs > 0 ? new Date(deps.now().getTime() + overlapMs) : null;
  const retirement =
    until === null ? revokedKeyChange(actor.name, old) : expiringKeyChange(actor.name, old, until);
  await createSqlUser(deps, made.facts);
  if (old.sqlUser) {
    await (until === null ? deps.sqlUsers.drop(id) : deps.sqlUsers.expire(id, earlier(old, until)));
  }
  // One append: there is no moment, and no crash, that leaves both keys retired or the old one in force for good.
  await deps.state.append([createdKeyChange(actor.name, made.facts), retirement]);
  await deps.onRetired(id);
  return found(deps, made);
}

/** A key expires at the earliest instant that was ever set for it, and its user with it. */
function earlier({ expiresAt }: KeyRecord, until: Date): Date {
  return expiresAt !== null && Date.parse(expiresAt) < until.getTime()
    ? new Date(expiresAt)
    : until;
}

function makeKey(deps: KeyOperationsDeps, like: Omit<KeyFacts, 'id' | 'sha256'>) {
  const key = generateKey(deps.randomBytes);
  const id = parseKey(key)?.id ?? '';
  const { tenant, scopes, name, sqlUser = false } = like;
  const sha256 = hashKey(key).toString('hex');
  return { key, facts: { id, tenant, scopes, name, sqlUser, sha256 } };
}

/** Before the key is: one whose key was never made has a password that nobody was told. */
async function createSqlUser(deps: KeyOperationsDeps, facts: KeyFacts): Promise<void> {
  if (facts.sqlUser !== true) return;
  const { id: keyId, tenant, sha256 } = facts;
  await deps.sqlUsers.create({ keyId, tenant, sha256 });
}

function found(deps: KeyOperationsDeps, made: { key: string; facts: KeyFacts }): CreatedKey {
  const record = deps.state.keys.get(made.facts.id);
  if (record === undefined) throw new Problem('internal');
  return { key: made.key, record };
}

const isOperator = (actor: KeyActor): boolean => actor.scopes.has('operator');

const isVisible = (actor: KeyActor, key: KeyRecord): boolean =>
  isOperator(actor) || key.tenant === actor.tenant;

function checkNewKey(actor: KeyActor, wanted: NewKey): Omit<KeyFacts, 'id' | 'sha256'> {
  const tenant = tenantNameSchema.safeParse(wanted.tenant);
  if (!tenant.success) {
    throw new Problem(
      'parameter_invalid',
      `tenant is ${JSON.stringify(wanted.tenant)}; ${tenant.error.issues[0]?.message}.`,
    );
  }
  const scopes = scopesSchema.safeParse(wanted.scopes);
  if (!scopes.success) {
    throw new Problem(
      'parameter_invalid',
      `scopes is ${JSON.stringify(wanted.scopes)}; ${scopes.error.issues[0]?.message}.`,
    );
  }
  if ((wanted.name ?? '').length > NAME_CHARS_MAX) {
    throw new Problem('parameter_invalid', `name is longer than ${NAME_CHARS_MAX} characters.`);
  }
  if (!isOperator(actor) && tenant.data !== actor.tenant) {
    throw new Problem('scope_missing', 'A key of another tenant needs the scope operator.');
  }
  if (!isOperator(actor) && scopes.data.includes('operator')) {
    throw new Problem('scope_missing', 'To grant operator needs the scope operator.');
  }
  if (
    wanted.sqlUser === true &&
    (!scopes.data.includes('read') || scopes.data.includes('operator'))
  ) {
    throw new Problem(
      'parameter_invalid',
      `scopes is ${JSON.stringify(wanted.scopes)}; a key with a ClickHouse user (sql) needs read, and may not hold operator, because that user sees one tenant alone.`,
    );
  }
  return {
    tenant: tenant.data,
    scopes: scopes.data,
    name: wanted.name,
    sqlUser: wanted.sqlUser ?? false,
  };
}

/** A key of a deleted tenant would bring its name back. */
function refuseDeleted({ state }: KeyOperationsDeps, tenant: string): void {
  if (!isGone(foldTenants(state.history()).get(tenant)?.state)) return;
  const detail = `Tenant ${tenant} was deleted, and the name is never used again; take another.`;
  throw new Problem('tenant_conflict', detail);
}

async function revokeOfDeleted(deps: KeyOperationsDeps, actor: KeyActor, key: KeyRecord) {
  try {
    refuseDeleted(deps, key.tenant);
  } catch (problem) {
    if (key.sqlUser) await deps.sqlUsers.drop(key.id);
    await deps.state.append([revokedKeyChange(actor.name, key)]);
    throw problem;
  }
}

/** The key of an id, if the actor may retire it and it is not retired yet. */
function retirable(deps: KeyOperationsDeps, actor: KeyActor, id: string): KeyRecord {
  const key = deps.state.keys.get(id);
  if (key === undefined || !isVisible(actor, key)) {
    throw new Problem('not_found', `There is no key ${JSON.stringify(id.slice(0, 64))}.`);
  }
  if (!isOperator(actor) && key.scopes.includes('operator')) {
    throw new Problem('scope_missing', 'To retire an operator key needs the scope operator.');
  }
  if (!isInForce(key, deps.now())) {
    throw new Problem(
      'key_retired',
      `Key ${id} is retired since ${key.revokedAt ?? key.expiresAt}.`,
    );
  }
  return key;
}
