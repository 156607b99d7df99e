// The part of the OpenAPI document about the audit log.
import type { z } from 'zod';
import { AUDIT_ANSWER, AUDIT_PATH, auditParameters } from './admin-audit.ts';
import { ANY_KEY, answer, type Json, problemResponses, toSchema } from './openapi-paths.ts';

const PARAMETERS = Object.entries(auditParameters(0n).shape).map(([name, member]) => {
  const { description, ...schema } = toSchema(member as z.ZodType, 'input');
  return { name, in: 'query', required: false, description, schema };
});

/** `/api/v1/admin/audit`. */
export const AUDIT_PATHS: Json = {
  [AUDIT_PATH]: {
    get: {
      operationId: 'listAudit',
      summary: 'Who changed what, and when, newest first, a page at a time. Scope admin.',
      tags: ['admin'],
      security: ANY_KEY,
      parameters: PARAMETERS,
      responses: {
        200: answer('The changes, without what they hold.', toSchema(AUDIT_ANSWER, 'output')),
        ...problemResponses(['parameter_invalid', 'key_missing', 'key_unknown', 'scope_missing']),
      },
    },
  },
};
