/**
 * The secret under which content is fingerprinted: one for the installation, in the control state, so that every
 * collector of it makes the same fingerprints; each tenant's is derived from it, and so is the one that signs cursors.
 * Invariant: when two collectors made one at the same time, the older row counts for all.
 */
import { createHmac } from 'node:crypto';
import type { ControlState } from './control-state.ts';

const SECRET_KIND = 'secret';
const SECRET_ID = 'fingerprint';
const SECRET_BYTES = 32;

/** Makes the secret unless there is one. */
export async function ensureFingerprintSecret(
  state: ControlState,
  randomBytes: (size: number) => Uint8Array,
): Promise<void> {
  if (findSecret(state) !== undefined) {
    return;
  }
  const secret = Buffer.from(randomBytes(SECRET_BYTES)).toString('hex');
  await state.adopt([
    {
      actor: 'first-start',
      tenant: '',
      kind: SECRET_KIND,
      id: SECRET_ID,
      payload: JSON.stringify({ secret }),
      deleted: false,
    },
  ]);
}

/** A tenant's secret. Throws when `ensureFingerprintSecret` was not called before. */
export function tenantSecrets(state: ControlState): (tenant: string) => Buffer {
  const known = new Map<string, Buffer>();
  let revision = -1;
  return (tenant) => {
    // The older of two secrets counts, and may be learned later.
    if (revision !== state.revision) known.clear();
    revision = state.revision;
    let secret = known.get(tenant);
    if (secret === undefined) {
      secret = createHmac('sha256', rootSecret(state)).update(tenant).digest();
      known.set(tenant, secret);
    }
    return secret;
  };
}

/** What cursors and resume tokens are signed with: what one collector gave, any other goes on from. */
export function cursorSecret(state: ControlState): () => Buffer {
  const secretOf = tenantSecrets(state);
  // No tenant has such a name.
  return () => secretOf('\0cursors');
}

function rootSecret(state: ControlState): Buffer {
  const root = findSecret(state);
  if (root === undefined) throw new Error('the control state has no fingerprint secret');
  return root;
}

function findSecret(state: ControlState): Buffer | undefined {
  const row = state.history().find(({ kind, id }) => kind === SECRET_KIND && id === SECRET_ID);
  return row === undefined
    ? undefined
    : Buffer.from((JSON.parse(row.payload) as { secret: string }).secret, 'hex');
}
