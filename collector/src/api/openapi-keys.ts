// The part of the OpenAPI document about keys, made from the schemas that read and write them.
import { z } from 'zod';
import { KEY_ROW, MADE_KEY } from '../key-row.ts';
import type { ProblemCode } from '../problems.ts';
import { CREATE_KEY_BODY, ROTATE_KEY_BODY } from './admin-keys.ts';
import {
  ANY_KEY,
  answer,
  type Json,
  jsonBodyOf,
  problemResponses,
  toSchema,
} from './openapi-paths.ts';

const CODES: readonly ProblemCode[] = [
  'parameter_invalid',
  'key_missing',
  'key_unknown',
  'scope_missing',
  'not_found',
  'key_retired',
  'sql_users_unavailable',
];

const operation = (operationId: string, summary: string, parts: Json, success: Json): Json => ({
  operationId,
  summary: `${summary} Scope admin.`,
  tags: ['admin'],
  security: ANY_KEY,
  ...parts,
  responses: { ...success, ...problemResponses(CODES) },
});

const ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const MADE = { 201: answer('The key, shown this once.', toSchema(MADE_KEY, 'output')) };

/** `/api/v1/admin/keys…`. */
export const KEY_PATHS: Json = {
  '/api/v1/admin/keys': {
    get: operation(
      'listKeys',
      'Keys, without their secrets.',
      {},
      {
        200: answer('Keys.', toSchema(z.object({ rows: z.array(KEY_ROW) }), 'output')),
      },
    ),
    post: operation('createKey', 'Make a key.', jsonBodyOf(CREATE_KEY_BODY), MADE),
  },
  '/api/v1/admin/keys/{id}/rotate': {
    post: operation(
      'rotateKey',
      'Make the successor of a key.',
      { parameters: [ID], ...jsonBodyOf(ROTATE_KEY_BODY) },
      MADE,
    ),
  },
  '/api/v1/admin/keys/{id}': {
    delete: operation(
      'revokeKey',
      'Revoke a key.',
      { parameters: [ID] },
      {
        200: answer('The key, revoked.', toSchema(KEY_ROW, 'output')),
      },
    ),
  },
};
