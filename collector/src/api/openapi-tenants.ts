// The part of the OpenAPI document about tenants and their limits, made from the table of limits.
import { TENANT_LIMITS } from '../limit-table.ts';
import { EVERY_TENANT } from '../tenant-rows.ts';
import { limitBodySchema, TENANTS_PATH } from './admin-tenants.ts';
import { ANY_KEY, answer, type Json, problemResponses, toSchema } from './openapi-paths.ts';

function operation(operationId: string, summary: string, parts: Json, description: string): Json {
  return {
    operationId,
    summary: `${summary} Scope operator.`,
    tags: ['admin'],
    security: ANY_KEY,
    ...parts,
    responses: {
      200: answer(description),
      ...problemResponses([
        'parameter_invalid',
        'key_missing',
        'key_unknown',
        'scope_missing',
        'engine_unavailable',
      ]),
    },
  };
}

const TENANT = {
  name: 'tenant',
  in: 'path',
  required: true,
  description: `A tenant that has a key, or ${EVERY_TENANT} for every tenant without a value of its own.`,
  schema: { type: 'string' },
};
const LIMIT = {
  name: 'limit',
  in: 'path',
  required: true,
  description: 'Its name in docs/reference/limits.md.',
  schema: { type: 'string', enum: TENANT_LIMITS },
};
const VALUE = {
  requestBody: {
    content: { 'application/json': { schema: toSchema(limitBodySchema, 'input') } },
  },
};

/** `/api/v1/admin/tenants…`. */
export const TENANT_PATHS: Json = {
  [TENANTS_PATH]: {
    get: operation(
      'listTenants',
      'Every tenant that has a key, with the limits set for it, and what it used today.',
      {},
      'The tenants, by name.',
    ),
  },
  [`${TENANTS_PATH}/{tenant}/limits`]: {
    get: operation(
      'showTenantLimits',
      'The limits of a tenant, and where each value comes from.',
      { parameters: [TENANT] },
      'Every limit that a tenant can have a value of its own for.',
    ),
  },
  [`${TENANTS_PATH}/{tenant}/limits/{limit}`]: {
    put: operation(
      'setTenantLimit',
      'Set a limit of a tenant; it holds here at once, and everywhere within 10 s.',
      { parameters: [TENANT, LIMIT], ...VALUE },
      'The limit as it is now.',
    ),
    delete: operation(
      'unsetTenantLimit',
      'Let a limit of a tenant be what it is for every tenant.',
      { parameters: [TENANT, LIMIT] },
      'The limit as it is now.',
    ),
  },
};
