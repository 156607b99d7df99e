// The part of the OpenAPI document about what was set aside of the journal.
import { RETRY_BODY } from './admin-journal.ts';
import { ANY_KEY, answer, type Json, problemResponses, toSchema } from './openapi-paths.ts';

const TEXT_OR_NULL = { type: ['string', 'null'] };
const COUNT_OR_NULL = { type: ['integer', 'null'] };

const rowsOf = (properties: Json): Json => ({
  type: 'object',
  required: ['rows'],
  properties: { rows: { type: 'array', items: { type: 'object', properties } } },
});

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
      answer(
        'The segments.',
        rowsOf({
          state: { enum: ['poison', 'damaged'] },
          name: { type: 'string' },
          reason: TEXT_OR_NULL,
          span_rows: COUNT_OR_NULL,
          entry_rows: COUNT_OR_NULL,
          held_by: { type: ['array', 'null'], items: { type: 'string' } },
        }),
      ),
    ),
  },
  '/api/v1/admin/journal/retry': {
    post: operation(
      'retrySetAside',
      'Put segments that ClickHouse refused back into the queue, for the tables that lack them.',
      answer(
        'What became of each.',
        rowsOf({
          name: { type: 'string' },
          retried: { type: 'boolean' },
          reason: TEXT_OR_NULL,
        }),
      ),
      {
        requestBody: { content: { 'application/json': { schema: toSchema(RETRY_BODY, 'input') } } },
      },
    ),
  },
};
