// The part of the OpenAPI document about what was set aside of the journal.
import { z } from 'zod';
import { RETRIED_ROW, SET_ASIDE_ROW } from '../set-aside-row.ts';
import { RETRY_BODY } from './admin-journal.ts';
import {
  ANY_KEY,
  answer,
  type Json,
  jsonBodyOf,
  problemResponses,
  toSchema,
} from './openapi-paths.ts';

const rowsOf = (row: z.ZodType): Json => toSchema(z.object({ rows: z.array(row) }), 'output');

function operation(operationId: string, summary: string, success: Json, parts: Json = {}): Json {
  const problems = ['parameter_invalid', 'key_missing', 'key_unknown', 'scope_missing'] as const;
  return {
    operationId,
    summary: `${summary} Scope operator.`,
    tags: ['admin'],
    security: ANY_KEY,
    ...parts,
    responses: { 200: success, ...problemResponses(problems) },
  };
}

/** `/api/v1/admin/journal` and `/api/v1/admin/journal/retry`. */
export const JOURNAL_PATHS: Json = {
  '/api/v1/admin/journal': {
    get: operation(
      'listSetAside',
      'List the segments that ClickHouse refused or that the disk damaged: no total has them.',
      answer('The segments.', rowsOf(SET_ASIDE_ROW)),
    ),
  },
  '/api/v1/admin/journal/retry': {
    post: operation(
      'retrySetAside',
      'Put segments that ClickHouse refused back into the queue, for the tables that lack them.',
      answer('What became of each.', rowsOf(RETRIED_ROW)),
      jsonBodyOf(RETRY_BODY),
    ),
  },
};
