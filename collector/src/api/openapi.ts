// `GET /openapi.json`: OpenAPI 3.1, made from the schemas that read the parameters and from the table of problems.
// Invariant: a parameter or a problem that exists is documented here, because both come from the same data.
import { BREAKDOWN_ANSWER } from '@ai-cost-profiler/queries/breakdown/breakdown.ts';
import { breakdownParameters } from '@ai-cost-profiler/queries/breakdown/input.ts';
import { DIMENSIONS } from '@ai-cost-profiler/queries/dimensions.ts';
import { CACHEABLE_ANSWER } from '@ai-cost-profiler/queries/prompts/cacheable.ts';
import { cacheableParameters } from '@ai-cost-profiler/queries/prompts/cacheable-input.ts';
import { similarParameters } from '@ai-cost-profiler/queries/prompts/input.ts';
import { SIMILAR_ANSWER } from '@ai-cost-profiler/queries/prompts/similar.ts';
import { STATUS_ANSWER } from '@ai-cost-profiler/queries/status/status.ts';
import { timeseriesParameters } from '@ai-cost-profiler/queries/timeseries/input.ts';
import { TIMESERIES_ANSWER } from '@ai-cost-profiler/queries/timeseries/timeseries.ts';
import { TRACE_PARAMETERS, TRACE_PATH } from '@ai-cost-profiler/queries/trace/input.ts';
import { TRACE_ANSWER } from '@ai-cost-profiler/queries/trace/trace.ts';
import { tracesParameters } from '@ai-cost-profiler/queries/traces/input.ts';
import { TRACES_ANSWER } from '@ai-cost-profiler/queries/traces/traces.ts';
import { treemapParameters } from '@ai-cost-profiler/queries/treemap/input.ts';
import { TREEMAP_ANSWER } from '@ai-cost-profiler/queries/treemap/treemap.ts';
import { UNITS_ANSWER, unitsParameters } from '@ai-cost-profiler/queries/units/units.ts';
import {
  UNPRICED_ANSWER,
  unpricedParameters,
} from '@ai-cost-profiler/queries/unpriced/unpriced.ts';
import { Router } from 'express';
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../problems.ts';
import type { QuestionPath } from './costs-routes.ts';
import { onlyMethods } from './errors.ts';
import {
  OPENAPI_ANSWER,
  type OpenApiDocument,
  OWN_PATHS,
  withCommonProblems,
} from './openapi-any-request.ts';
import { AUDIT_PATHS } from './openapi-audit.ts';
import { BUDGET_PATHS } from './openapi-budgets.ts';
import { EXPORT_PARAMETERS, exportPaths } from './openapi-exports.ts';
import { FLAMEGRAPH_DOCUMENT } from './openapi-flamegraph.ts';
import { IMPORT_PATHS } from './openapi-import.ts';
import { JOURNAL_PATHS } from './openapi-journal.ts';
import { KEY_PATHS } from './openapi-keys.ts';
import { LEDGER_PATHS } from './openapi-ledger.ts';
import { livePaths } from './openapi-live.ts';
import { ANY_KEY, FURTHER_PATHS, type Json, problemResponses, toSchema } from './openapi-paths.ts';
import { PRICE_PATHS } from './openapi-prices.ts';
import { TENANT_PATHS } from './openapi-tenants.ts';
import type { PromptPath } from './prompts-routes.ts';
import { isNamed, tagOf } from './send-answer.ts';

interface QuestionDocument {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: z.ZodObject;
  /** What the path names in braces. */
  readonly path?: z.ZodObject;
  /** Problems beside those of every question. */
  readonly problems?: readonly ProblemCode[];
  /** Whether the dimensions are filters too. */
  readonly filters: boolean;
  /** The answer in JSON, or what each media type holds. */
  readonly answer: z.ZodType | { readonly content: Json };
}

const QUESTION_DOCUMENTS: Readonly<Record<QuestionPath | PromptPath, QuestionDocument>> = {
  '/api/v1/costs/breakdown': {
    operationId: 'getCostBreakdown',
    summary: 'What was spent in a range, by any dimensions; rows + other = totals.',
    parameters: breakdownParameters(0n),
    filters: true,
    answer: BREAKDOWN_ANSWER,
  },
  '/api/v1/costs/timeseries': {
    operationId: 'getCostTimeseries',
    summary: 'What was spent in each interval of a range, without gaps.',
    parameters: timeseriesParameters(0n),
    filters: true,
    answer: TIMESERIES_ANSWER,
  },
  '/api/v1/traces': {
    operationId: 'listTraces',
    summary: 'Traces that begin in a range, with what their calls cost, a page at a time.',
    parameters: tracesParameters(0n),
    filters: true,
    answer: TRACES_ANSWER,
  },
  '/api/v1/traces/{trace_id}': {
    operationId: 'getTrace',
    summary: 'One trace: its spans as a tree, with every ledger entry.',
    path: TRACE_PATH,
    parameters: TRACE_PARAMETERS,
    problems: ['not_found', 'trace_too_large'],
    filters: false,
    answer: TRACE_ANSWER,
  },
  '/api/v1/costs/treemap': {
    operationId: 'getCostTreemap',
    summary: 'What was spent as nested areas; each node = children + other.',
    parameters: treemapParameters(0n),
    filters: true,
    answer: TREEMAP_ANSWER,
  },
  '/api/v1/costs/units': {
    operationId: 'getUnitCosts',
    summary: 'What a call, a trace and a user cost, with percentiles of the cost of a trace.',
    parameters: unitsParameters(0n),
    filters: true,
    answer: UNITS_ANSWER,
  },
  '/api/v1/unpriced': {
    operationId: 'getUnpriced',
    summary: 'Which calls have no cost, and why.',
    parameters: unpricedParameters(0n),
    filters: true,
    answer: UNPRICED_ANSWER,
  },
  '/api/v1/prompts/similar': {
    operationId: 'getSimilarPrompts',
    summary: 'Groups of near-identical prompts and what they cost, without a word of them.',
    parameters: similarParameters(0n),
    filters: true,
    answer: SIMILAR_ANSWER,
  },
  '/api/v1/prompts/cacheable': {
    operationId: 'getCacheablePrompts',
    summary: "What a provider's cache would have saved, of prompts that begin alike.",
    parameters: cacheableParameters(0n),
    filters: true,
    answer: CACHEABLE_ANSWER,
  },
  '/api/v1/status': {
    operationId: 'getStatus',
    summary: 'Whether anything arrives for the tenant of the key.',
    parameters: z.object({}),
    filters: false,
    answer: STATUS_ANSWER,
  },
};

/** Problems that any question can end in, beside those of every operation. */
const QUESTION_PROBLEMS = [
  'ledger_expired',
  'query_over_budget',
] as const satisfies readonly ProblemCode[];

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457. `code` is stable.',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
    request_id: { type: 'string' },
  },
} as const;

function parametersOf(document: Pick<QuestionDocument, 'path' | 'parameters' | 'filters'>): Json[] {
  const own = [...membersOf(document.path, 'path'), ...membersOf(document.parameters, 'query')];
  return document.filters ? [...own, ...filterParameters()] : own;
}

function membersOf(parameters: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  return Object.entries(parameters?.shape ?? {}).map(([name, member]) => {
    const { description, ...schema } = toSchema(member as z.ZodType, 'input');
    return { name, in: place, required: place === 'path', description, schema };
  });
}

function filterParameters(): Json[] {
  const fixed = DIMENSIONS.map((name) => ({
    name,
    in: 'query',
    required: false,
    description: `Only calls with one of these values of ${name}; the empty value finds calls without one.${name === 'tenant' ? ' Operator keys only.' : ''}`,
    style: 'form',
    explode: true,
    schema: { type: 'array', items: { type: 'string' } },
  }));
  const tags = {
    name: 'tags',
    in: 'query',
    required: false,
    description: 'Any `tag.<key>` is a filter by that tag: `tag.team=search`.',
    style: 'form',
    explode: true,
    schema: {
      type: 'object',
      propertyNames: { pattern: '^tag\\..+' },
      additionalProperties: { type: 'string' },
    },
  };
  return [...fixed, tags];
}

function contentOf(answer: QuestionDocument['answer']): Json {
  return 'content' in answer
    ? answer.content
    : { 'application/json': { schema: toSchema(answer, 'output') } };
}

function operationOf(document: QuestionDocument): Json {
  return {
    get: {
      operationId: document.operationId,
      summary: document.summary,
      tags: ['costs'],
      security: ANY_KEY,
      parameters: parametersOf(document),
      responses: {
        200: {
          description: 'The answer.',
          content: contentOf(document.answer),
        },
        ...problemResponses([...QUESTION_PROBLEMS, ...(document.problems ?? [])]),
      },
    },
  };
}

/** The document. `version` is that of the collector. */
export function openApiDocument(version: string): OpenApiDocument {
  return OPENAPI_ANSWER.parse({
    openapi: '3.1.1',
    info: {
      title: 'AI Cost Profiler',
      version,
      description:
        'Money is a plain decimal string of US dollars, exact to 18 places; null means unknown. Ranges are half-open.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: withCommonProblems({
      ...Object.fromEntries(
        Object.entries(QUESTION_DOCUMENTS).map(([path, document]) => [path, operationOf(document)]),
      ),
      '/api/v1/flamegraph': operationOf(FLAMEGRAPH_DOCUMENT),
      ...exportPaths(
        parametersOf({ parameters: EXPORT_PARAMETERS, filters: true }),
        QUESTION_PROBLEMS,
      ),
      ...FURTHER_PATHS,
      ...KEY_PATHS,
      ...AUDIT_PATHS,
      ...livePaths(filterParameters()),
      ...LEDGER_PATHS,
      ...JOURNAL_PATHS,
      ...IMPORT_PATHS,
      ...PRICE_PATHS,
      ...TENANT_PATHS,
      ...BUDGET_PATHS,
      ...OWN_PATHS,
    }),
    components: {
      schemas: { Problem: PROBLEM_SCHEMA },
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic', description: 'The key is the password.' },
      },
    },
  });
}

/** `GET /openapi.json`; it needs no key, as it tells nothing about a tenant. */
export function openApiRoutes(document: OpenApiDocument): Router {
  const router = Router();
  const text = JSON.stringify(document);
  const tag = tagOf(text);
  router
    .route('/openapi.json')
    .get((request, response) => {
      response.set({ etag: tag, 'cache-control': 'no-cache' });
      if (isNamed(tag, request.get('if-none-match'))) response.status(304).end();
      else response.type('application/json').send(text);
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}
