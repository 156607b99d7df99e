// The part of the OpenAPI document about work on the whole ledger: its progress comes as NDJSON.
import type { ProblemCode } from '../problems.ts';
import { BACKUP_BODY, REPRICE_BODY, RETENTION_BODY } from './admin-ledger.ts';
import { ANY_KEY, type Json, jsonBodyOf, problemResponses } from './openapi-paths.ts';

/** Lines are `{"progress":…}`, and the last one `{"done":true,…}` with the result, or `{"problem":…}`. */
function longWork(
  operationId: string,
  summary: string,
  last: Json,
  { codes = [], ...parts }: Json & { readonly codes?: readonly ProblemCode[] } = {},
): Json {
  const line = {
    type: 'object',
    properties: {
      progress: { type: 'object' },
      done: { const: true },
      problem: { type: 'object', required: ['code', 'detail', 'request_id'] },
      ...last,
    },
  };
  const description =
    'One JSON object a line; an empty `progress` every 15 seconds says that the work goes on. The last line has `done` and the result, or `problem`; without either, the work was cut off.';
  return {
    post: {
      operationId,
      summary: `${summary} Scope operator.`,
      tags: ['admin'],
      security: ANY_KEY,
      ...parts,
      responses: {
        200: { description, content: { 'application/x-ndjson': { schema: line } } },
        ...problemResponses([
          'parameter_invalid',
          'key_missing',
          'key_unknown',
          'scope_missing',
          ...codes,
        ]),
      },
    },
  };
}

const COUNT = { type: 'integer' };
const AMOUNT = { type: 'string', description: 'Plain decimal in US dollars.' };
const SKIPPED = {
  type: 'object',
  description: 'What could not be looked at: reason → how many.',
  additionalProperties: COUNT,
};
const DIFFERENCE = {
  type: ['object', 'null'],
  description: 'The first difference: the table most likely wrong, and the likely cause in words.',
  required: ['where', 'tenant', 'column', 'expected', 'found', 'cause'],
};

/** `/api/v1/admin/settle`, `verify`, `reprice`, `retention` and `backup`. */
export const LEDGER_PATHS: Json = {
  '/api/v1/admin/settle': longWork(
    'settleNow',
    'Settle what was received, idle or not: who is billed, and for whom.',
    {
      traces: COUNT,
      corrected: COUNT,
      entries: COUNT,
      resolved: COUNT,
      settled_through: { type: ['string', 'null'], format: 'date-time' },
    },
  ),
  '/api/v1/admin/verify': longWork(
    'verifyLedger',
    'Recompute charges and compare spans, ledger and rollups to the last digit.',
    {
      ok: { type: 'boolean' },
      checked: { type: 'object', description: 'Days, traces, spans and entries.' },
      skipped: SKIPPED,
      difference: DIFFERENCE,
    },
  ),
  '/api/v1/admin/reprice': longWork(
    'repriceLedger',
    'Append what calls of a range cost more or less at the present price book; the difference by model and feature comes first.',
    { charges: COUNT, changed: COUNT, entries: COUNT, difference_usd: AMOUNT, skipped: SKIPPED },
    jsonBodyOf(REPRICE_BODY),
  ),
  '/api/v1/admin/retention': longWork(
    'expireNow',
    'Let expire what is due: spans, content and ledger entries of whole UTC days; progress has a line for each day.',
    {
      dry_run: { type: 'boolean' },
      spans: COUNT,
      content: { type: 'integer', description: 'Spans whose content was replaced by its size.' },
      entries: COUNT,
      traces: COUNT,
      waiting: {
        type: 'object',
        description: 'Days of a tenant that are due and have to wait: reason → how many.',
        additionalProperties: COUNT,
      },
    },
    jsonBodyOf(RETENTION_BODY),
  ),
  '/api/v1/admin/backup': longWork(
    'backUp',
    'Back up the data directory, tables and journal, while the collector runs.',
    {
      to: { type: 'string' },
      at: {
        type: 'string',
        format: 'date-time',
        description: 'Everything acknowledged before is in it.',
      },
      files: COUNT,
      bytes: COUNT,
    },
    {
      codes: ['backup_failed'],
      ...jsonBodyOf(BACKUP_BODY),
    },
  ),
};
