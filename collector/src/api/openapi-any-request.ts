// What every operation of the API can end in, whatever it does, is put into the document in one place.
// Invariant: a problem that the app's own middle can answer is documented for each route that is behind it.
import { z } from 'zod';
import type { ProblemCode } from '../problems.ts';
import { answer, type Json, problemResponses, toSchema } from './openapi-paths.ts';

/** Of everything under /api. */
const ANY_REQUEST: readonly ProblemCode[] = [
  'parameter_invalid',
  'key_missing',
  'key_unknown',
  'scope_missing',
  'method_not_allowed',
  'rate_limited',
  'internal',
  'engine_unavailable',
  'overloaded',
  'deadline_exceeded',
];
/** Of what takes a body. */
const ANY_BODY: readonly ProblemCode[] = [
  'body_malformed',
  'body_too_large',
  'content_encoding_unsupported',
];

/** The paths, each operation under /api with the problems that any of them can end in. */
export function withCommonProblems(paths: Json): Json {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      path.startsWith('/api/') ? withProblems(path, item as Json) : item,
    ]),
  );
}

function withProblems(path: string, item: Json): Json {
  return Object.fromEntries(
    Object.entries(item).map(([method, operation]) => {
      const { responses, ...rest } = operation as Json & { readonly responses: Json };
      const codes = [
        ...ANY_REQUEST,
        ...(path.includes('{') ? (['not_found'] as const) : []),
        ...('requestBody' in rest ? ANY_BODY : []),
      ];
      return [method, { ...rest, responses: merge(responses, problemResponses(codes)) }];
    }),
  );
}

/** Responses of both; where a status is in both, the lines of the second that the first lacks follow. */
function merge(own: Json, common: Json): Json {
  const merged: Record<string, unknown> = { ...own };
  for (const [status, response] of Object.entries(common)) {
    const known = own[status] as { readonly description: string } | undefined;
    const { description } = response as { readonly description: string };
    const missing = description
      .split('\n\n')
      .filter((line) => known?.description.includes(line) !== true);
    merged[status] =
      known === undefined
        ? response
        : { ...known, description: [known.description, ...missing].join('\n\n') };
  }
  return merged;
}

const OPERATION = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});

/** The document, as far as a reader of it may rely on its shape. */
export const OPENAPI_ANSWER = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), OPERATION)),
  components: z.looseObject({}),
});
export type OpenApiDocument = z.output<typeof OPENAPI_ANSWER>;

/** The two paths that are no API: the document itself, and the page. */
export const OWN_PATHS: Json = {
  '/openapi.json': {
    get: {
      operationId: 'getOpenApi',
      summary: 'This document.',
      tags: ['health'],
      security: [],
      responses: { 200: answer('OpenAPI 3.1.', toSchema(OPENAPI_ANSWER, 'output')) },
    },
  },
  '/': {
    get: {
      operationId: 'getPage',
      summary: 'One page: where to send, whether anything arrives, what was spent.',
      tags: ['health'],
      security: [],
      responses: {
        200: { description: 'HTML.', content: { 'text/html': { schema: { type: 'string' } } } },
      },
    },
  },
};
