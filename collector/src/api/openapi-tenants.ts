// The part of the OpenAPI document about tenants: their state, their limits, and deletions, whose progress is NDJSON.
import { z } from 'zod';
import { TENANT_LIMITS } from '../limit-table.ts';
import type { ProblemCode } from '../problems.ts';
import { EVERY_TENANT, TENANT_LIMIT_ROW, TENANT_ROW } from '../tenant-rows.ts';
import {
  deleteTenantBodySchema,
  deleteUserBodySchema,
  limitBodySchema,
  TENANTS_PATH,
  tenantBodySchema,
} from './admin-tenants.ts';
import {
  ANY_KEY,
  answer,
  type Json,
  jsonBodyOf,
  problemResponses,
  toSchema,
} from './openapi-paths.ts';

const PROBLEMS: readonly ProblemCode[] = [
  'parameter_invalid',
  'key_missing',
  'key_unknown',
  'scope_missing',
  'engine_unavailable',
];

interface Described {
  readonly parts?: Json;
  readonly success: Json;
  readonly problems?: readonly ProblemCode[];
}

function operation(
  operationId: string,
  summary: string,
  { parts = {}, success, problems = [] }: Described,
): Json {
  return {
    operationId,
    summary: `${summary} Scope operator.`,
    tags: ['admin'],
    security: ANY_KEY,
    ...parts,
    responses: { ...success, ...problemResponses([...PROBLEMS, ...problems]) },
  };
}

const ONE_TENANT = {
  name: 'tenant',
  in: 'path',
  required: true,
  description: 'A tenant that was made or has a key.',
  schema: { type: 'string' },
};
const TENANT = {
  ...ONE_TENANT,
  description: `A tenant that was made or has a key, or ${EVERY_TENANT} for every tenant without a value of its own.`,
};
const LIMIT = {
  name: 'limit',
  in: 'path',
  required: true,
  description: 'Its name in docs/reference/limits.md.',
  schema: { type: 'string', enum: TENANT_LIMITS },
};
const VALUE = jsonBodyOf(limitBodySchema);

const ok = (description: string, schema: z.ZodType): Json => ({
  200: answer(description, toSchema(schema, 'output')),
});

/** Lines are `{"progress":…}`, and the last one `{"done":true,…}` with the result, or `{"problem":…}`. */
function deletion(result: Json): Json {
  const progress = {
    type: 'object',
    properties: { step: { type: 'string' }, rows: { type: 'integer' } },
  };
  const problem = { type: 'object', required: ['code', 'detail', 'request_id'] };
  const properties = {
    progress,
    done: { const: true },
    problem,
    tenant: { type: 'string' },
    ...result,
    set_aside_parts: {
      type: 'integer',
      description: 'Parts of the journal that were set aside and were not looked into.',
    },
  };
  const schema = { type: 'object', properties };
  const description =
    'One JSON object a line. The last line has `done` and the result, or `problem`; without either, the answer was cut off, and the work goes on.';
  return { 200: { description, content: { 'application/x-ndjson': { schema } } } };
}

const COUNT = { type: 'integer' };

const STATE_PATHS: Json = {
  [`${TENANTS_PATH}/{tenant}/suspend`]: {
    post: operation(
      'suspendTenant',
      'Take nothing in for a tenant: OTLP is answered 403 `tenant_suspended`. Its keys may still read.',
      { parts: { parameters: [ONE_TENANT] }, success: ok('The tenant as it is now.', TENANT_ROW) },
    ),
  },
  [`${TENANTS_PATH}/{tenant}/resume`]: {
    post: operation('resumeTenant', 'Take in again what a suspended tenant sends.', {
      parts: { parameters: [ONE_TENANT] },
      success: ok('The tenant as it is now.', TENANT_ROW),
    }),
  },
};

const DELETION_PATHS: Json = {
  [`${TENANTS_PATH}/{tenant}/delete`]: {
    post: operation(
      'deleteTenant',
      'Delete a tenant for good: its keys are revoked, then every row of it is deleted. A restart goes on with it; the name is never used again.',
      {
        parts: { parameters: [ONE_TENANT], ...jsonBodyOf(deleteTenantBodySchema) },
        success: deletion({
          rows: { type: 'object', description: 'By table.', additionalProperties: COUNT },
        }),
        problems: ['not_found', 'tenant_conflict'],
      },
    ),
  },
  [`${TENANTS_PATH}/{tenant}/users/delete`]: {
    post: operation(
      'deleteUser',
      'Take a person out of the data of a tenant: what they said, and what tells who they are, goes; amounts stay, under `(deleted)`.',
      {
        parts: { parameters: [ONE_TENANT], ...jsonBodyOf(deleteUserBodySchema) },
        success: deletion({
          erasure_id: { type: 'string' },
          replaced_by: { type: 'string' },
          spans: COUNT,
          entries: COUNT,
          rollup_months: COUNT,
          resealed_days: { type: 'array', items: { type: 'string', format: 'date' } },
        }),
        problems: ['not_found', 'tenant_conflict'],
      },
    ),
  },
};

/** `/api/v1/admin/tenants…`. */
export const TENANT_PATHS: Json = {
  [TENANTS_PATH]: {
    get: operation(
      'listTenants',
      'Every tenant that was made or has a key: its state, the limits set for it, and what it used today.',
      { success: ok('The tenants, by name.', z.object({ rows: z.array(TENANT_ROW) })) },
    ),
    post: operation('createTenant', 'Make a tenant, before it has a key.', {
      parts: jsonBodyOf(tenantBodySchema),
      success: { 201: answer('The tenant.', toSchema(TENANT_ROW, 'output')) },
      problems: ['tenant_conflict'],
    }),
  },
  ...STATE_PATHS,
  [`${TENANTS_PATH}/{tenant}/limits`]: {
    get: operation('showTenantLimits', 'The limits of a tenant, and where each value comes from.', {
      parts: { parameters: [TENANT] },
      success: ok(
        'Every limit that a tenant can have a value of its own for.',
        z.object({ rows: z.array(TENANT_LIMIT_ROW) }),
      ),
    }),
  },
  [`${TENANTS_PATH}/{tenant}/limits/{limit}`]: {
    put: operation(
      'setTenantLimit',
      'Set a limit of a tenant; it holds here at once, and everywhere within 10 s.',
      {
        parts: { parameters: [TENANT, LIMIT], ...VALUE },
        success: ok('The limit as it is now.', TENANT_LIMIT_ROW),
      },
    ),
    delete: operation(
      'unsetTenantLimit',
      'Let a limit of a tenant be what it is for every tenant.',
      {
        parts: { parameters: [TENANT, LIMIT] },
        success: ok('The limit as it is now.', TENANT_LIMIT_ROW),
      },
    ),
  },
  ...DELETION_PATHS,
};
