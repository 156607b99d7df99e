/**
 * Webhooks: where alerts are sent. Invariants: a secret leaves in the answer that makes it, and is stored nowhere: it
 * follows from the root secret of the installation and the id, so that whoever reads control rows cannot sign.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../problems.ts';
import { isGone, type TenantStates } from '../tenant-states.ts';
import type { WebhookOperations, WebhookRow } from '../webhook-rows.ts';
import { type ControlRows, foldedRows, type Versioned } from './control-rows.ts';
import { refuseUrl } from './private-addresses.ts';

const KIND = 'webhook';
const WEBHOOKS_MAX = 20;

const payloadSchema = z.object({ name: z.string(), url: z.string() });
type Payload = z.output<typeof payloadSchema>;
type Known = Versioned<Payload>;

export interface Webhook {
  readonly id: string;
  readonly tenant: string;
  readonly url: string;
  /** It gets what is recorded from then on, RFC 3339. */
  readonly createdAt: string;
  readonly secret: Buffer;
}

export interface WebhooksDeps {
  readonly state: ControlRows;
  readonly tenantStates: Pick<TenantStates, 'of'>;
  readonly newId: () => string;
  /** The root that secrets follow from. */
  readonly rootSecret: () => Buffer;
  readonly mayBePrivate: boolean;
}

export interface Webhooks extends WebhookOperations {
  /** None of a tenant that is being deleted. */
  inForce(): readonly Webhook[];
  isInForce(id: string): boolean;
}

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { state, tenantStates, newId, rootSecret, mayBePrivate } = deps;
  const folded = foldedRows(state, KIND, (json) => payloadSchema.safeParse(json).data);
  const ofTenant = (tenant: string): Known[] =>
    [...folded().values()].filter((one) => one.tenant === tenant && !one.isDeleted);
  const find = (tenant: string, id: string): Known => {
    const known = folded().get(id);
    if (known !== undefined && known.tenant === tenant && !known.isDeleted) return known;
    throw new Problem('not_found', `There is no webhook ${JSON.stringify(id.slice(0, 64))}.`);
  };
  const isInForce = ({ tenant, isDeleted }: Known): boolean =>
    !isDeleted && !isGone(tenantStates.of(tenant));
  const secretOf = ({ tenant, id }: Pick<Known, 'tenant' | 'id'>): Buffer =>
    createHmac('sha256', rootSecret()).update(`${tenant}/${id}`).digest();
  return {
    list: (tenant) => ofTenant(tenant).map(rowOf),
    show: (tenant, id) => rowOf(find(tenant, id)),
    create: async ({ actor, tenant }, { name, url }) => {
      const why = refuseUrl(url, mayBePrivate);
      if (why !== undefined) {
        throw new Problem(
          'parameter_invalid',
          `url is ${JSON.stringify(url.slice(0, 100))}: ${why}.`,
        );
      }
      if (ofTenant(tenant).length >= WEBHOOKS_MAX) {
        throw new Problem('parameter_invalid', `There are ${WEBHOOKS_MAX} webhooks already.`);
      }
      const id = newId();
      const payload = JSON.stringify({ name, url } satisfies Payload);
      await state.append([{ actor, tenant, kind: KIND, id, payload, deleted: false }]);
      const known = find(tenant, id);
      return { ...rowOf(known), secret: `whsec_${secretOf(known).toString('base64')}` };
    },
    remove: async ({ actor, tenant }, id) => {
      const known = find(tenant, id);
      const payload = JSON.stringify(known.payload);
      await state.append([{ actor, tenant, kind: KIND, id, payload, deleted: true }]);
      return rowOf(known);
    },
    inForce: () =>
      [...folded().values()].filter(isInForce).map((known) => ({
        id: known.id,
        tenant: known.tenant,
        url: known.payload.url,
        createdAt: known.createdAt,
        secret: secretOf(known),
      })),
    isInForce: (id) => {
      const known = folded().get(id);
      return known !== undefined && isInForce(known);
    },
  };
}

const rowOf = ({ id, payload, createdAt, createdBy }: Known): WebhookRow => ({
  id,
  ...payload,
  created_at: createdAt,
  created_by: createdBy,
});
