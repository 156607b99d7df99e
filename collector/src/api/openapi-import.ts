// The part of the OpenAPI document about the import of a usage history.
import { IMPORT_ANSWER, IMPORT_BODY } from '../import-rows.ts';
import { IMPORT_PATH } from './admin-import.ts';
import {
  ANY_KEY,
  answer,
  type Json,
  jsonBodyOf,
  problemResponses,
  toSchema,
} from './openapi-paths.ts';

/** `/api/v1/admin/import`. */
export const IMPORT_PATHS: Json = {
  [IMPORT_PATH]: {
    post: {
      operationId: 'importRows',
      summary:
        'Import rows of a usage history, priced at their own time; the same rows are billed once however often they are sent. Scope operator.',
      tags: ['admin'],
      security: ANY_KEY,
      ...jsonBodyOf(IMPORT_BODY),
      responses: {
        200: answer('What became of the rows.', toSchema(IMPORT_ANSWER, 'output')),
        ...problemResponses([
          'parameter_invalid',
          'key_missing',
          'key_unknown',
          'scope_missing',
          'body_too_large',
          'rate_limited',
          'quota_used_up',
          'journal_unavailable',
          'engine_unavailable',
        ]),
      },
    },
  },
};
