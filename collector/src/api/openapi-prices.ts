// The part of the OpenAPI document about prices, made from the schemas that read and write them.
import { z } from 'zod';
import { PRICE_ANSWER } from '../price-answer.ts';
import { PRICE_IMPORT_ROW, PRICE_TERMS_ROW } from '../price-row.ts';
import { ADD_TERMS_BODY, PRICE_BOOK_FILE } from '../price-terms.ts';
import {
  ANY_KEY,
  answer,
  type Json,
  jsonBodyOf,
  problemResponses,
  toSchema,
} from './openapi-paths.ts';
import { PRICES_PARAMETERS, PRICES_PATH } from './prices-routes.ts';

function operation(operationId: string, summary: string, parts: Json, success: Json): Json {
  return {
    operationId,
    summary,
    tags: ['prices'],
    security: ANY_KEY,
    ...parts,
    responses: {
      ...success,
      ...problemResponses([
        'parameter_invalid',
        'key_missing',
        'key_unknown',
        'scope_missing',
        'not_found',
        'body_too_large',
        'engine_unavailable',
      ]),
    },
  };
}

function inQuery(name: string, description: string): Json {
  return { name, in: 'query', required: false, description, schema: { type: 'string' } };
}

const QUERY = Object.entries(PRICES_PARAMETERS.shape).map(([name, member]) => {
  const { description, ...schema } = toSchema(member, 'input');
  return { name, in: 'query', required: name === 'model', description, schema };
});

const TERMS = toSchema(PRICE_TERMS_ROW, 'output');
const TERMS_OR_IMPORT = z.union([PRICE_TERMS_ROW, PRICE_IMPORT_ROW]);

const ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

/** `GET /api/v1/prices` and `/api/v1/admin/prices/…`. */
export const PRICE_PATHS: Json = {
  [PRICES_PATH]: {
    get: operation(
      'getPrices',
      'Which entry of the price book prices a model at an instant, with the terms of the tenant.',
      { parameters: QUERY },
      { 200: answer('The answer.', toSchema(PRICE_ANSWER, 'output')) },
    ),
  },
  '/api/v1/admin/prices/overrides': {
    get: operation(
      'listPriceTerms',
      'Aliases, own rates and discounts, those that ended or were taken back included. Scope admin.',
      { parameters: [inQuery('tenant', 'Only of this tenant; operator keys see all without it.')] },
      {
        200: answer(
          'Price terms, and for operators imported books.',
          toSchema(z.object({ rows: z.array(TERMS_OR_IMPORT) }), 'output'),
        ),
      },
    ),
    post: operation(
      'addPriceTerms',
      'Add an alias, own rates, or a discount. Scope admin.',
      jsonBodyOf(ADD_TERMS_BODY),
      {
        201: answer('The terms.', TERMS),
      },
    ),
  },
  '/api/v1/admin/prices/overrides/{id}': {
    delete: operation(
      'removePriceTerms',
      'End price terms at an instant, or take them, or an imported book, back whole. Scope admin.',
      {
        parameters: [ID, inQuery('at', 'The end; without it they are as if they had never been.')],
      },
      { 200: answer('The terms as they are now.', toSchema(TERMS_OR_IMPORT, 'output')) },
    ),
  },
  '/api/v1/admin/prices/imports': {
    post: operation(
      'importPriceBook',
      'Bring a newer price book; it is checked before it is taken. Scope operator.',
      jsonBodyOf(PRICE_BOOK_FILE),
      {
        201: answer(
          'The import: which providers it stands in for, and its age.',
          toSchema(PRICE_IMPORT_ROW, 'output'),
        ),
      },
    ),
  },
};
