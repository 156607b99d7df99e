// The part of the OpenAPI document about exports: bodies of rows, and what headers and trailers tell of them.
import { type EXPORT_TABLES, exportParameters } from '@ai-cost-profiler/queries/export/input.ts';
import type { ProblemCode } from '../problems.ts';
import { ANY_KEY, type Json, problemResponses } from './openapi-paths.ts';
import { CHECKSUM_TRAILER, ROWS_TRAILER } from './send-export.ts';

/** The parameters of an export beside the filters. */
export const EXPORT_PARAMETERS = exportParameters(0n);

const SUMMARIES = {
  spans: 'Spans of a range, as they are stored: content that was redacted stays so.',
  ledger: 'Ledger entries of a range, corrections among them; their sum is what was spent.',
  costs: 'Sums of each hour (UTC) by every dimension of the rollups.',
  focus: 'The ledger as rows of FOCUS 1.2, by hour, SKU and attribution.',
} as const satisfies Record<keyof typeof EXPORT_TABLES, string>;

const BODY = `Rows as they are read. Only a body that ended well is whole: its trailers are \`${CHECKSUM_TRAILER}\` (hexadecimal, of the whole body, also where this answer is its second part) and \`${ROWS_TRAILER}\`. An error on the way ends the connection.`;

const HEADERS: Json = {
  'x-export-from': { description: 'Start of the range.', schema: { type: 'string' } },
  'x-export-to': { description: 'End of the range.', schema: { type: 'string' } },
  'x-export-resume': {
    description: 'What `resume` takes, to go on where the connection broke. Not of parquet.',
    schema: { type: 'string' },
  },
  'x-export-unpriced-calls': {
    description: 'Of `focus`: calls of unknown cost, which are no charges and not among the rows.',
    schema: { type: 'string' },
  },
};

/** Each path; `parameters` are the same for all, and so are the problems. */
export function exportPaths(parameters: readonly Json[], problems: readonly ProblemCode[]): Json {
  const binary = { schema: { type: 'string', format: 'binary' } };
  const content = {
    'application/x-ndjson': { schema: { type: 'string' } },
    'text/csv': { schema: { type: 'string' } },
    'application/vnd.apache.parquet': binary,
  };
  return Object.fromEntries(
    Object.entries(SUMMARIES).map(([name, summary]) => [
      `/api/v1/export/${name}`,
      {
        get: {
          operationId: `export${name[0]!.toUpperCase()}${name.slice(1)}`,
          summary,
          tags: ['export'],
          security: ANY_KEY,
          parameters,
          responses: {
            200: { description: BODY, headers: HEADERS, content },
            ...problemResponses(problems),
          },
        },
      },
    ]),
  );
}
