// Who acts on what a tenant may set for itself: scope read to see, admin to change.
import type { RequestHandler, Response } from 'express';
import type { Authenticate, Scope } from '../access.ts';
import type { TenantActor } from '../webhook-rows.ts';

const SEE: readonly Scope[] = ['read', 'admin', 'operator'];
const CHANGE: readonly Scope[] = ['admin', 'operator'];

/** Checks the key before the body is read; nothing that follows is cached. */
export function asTenantActor(authenticate: Authenticate): RequestHandler {
  return (request, response, next) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const { keyId, tenant } = authenticate(request.headers, isRead ? SEE : CHANGE);
    response.locals['by'] = { actor: `key:${keyId}`, tenant } satisfies TenantActor;
    response.set('cache-control', 'no-store');
    next();
  };
}

/** After `asTenantActor`. */
export const actorOf = (response: Response): TenantActor => response.locals['by'] as TenantActor;
