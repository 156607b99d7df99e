// The part of the OpenAPI document about budgets, alerts and webhooks, from the schemas that read and answer.
import { ALERTS_ANSWER, alertsParameters } from '@ai-cost-profiler/queries/alerts/alerts.ts';
import { BUDGET_BODY, BUDGET_ROW } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { BUDGET_STATUS_ANSWER } from '@ai-cost-profiler/queries/budgets/status.ts';
import { STATUS_PARAMETERS } from '@ai-cost-profiler/queries/budgets/status-input.ts';
import { z } from 'zod';
import type { ProblemCode } from '../problems.ts';
import { ALERTS_PATH, BUDGETS_PATH } from './budgets-routes.ts';
import {
  ANY_KEY,
  answer,
  type Json,
  jsonBodyOf,
  problemResponses,
  toSchema,
} from './openapi-paths.ts';
import { MADE_WEBHOOK, WEBHOOK_BODY, WEBHOOK_ROW, WEBHOOKS_PATH } from './webhooks-routes.ts';

const CODES = [
  'parameter_invalid',
  'key_missing',
  'key_unknown',
  'scope_missing',
  'engine_unavailable',
] as const satisfies readonly ProblemCode[];

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parts?: Json;
  readonly success: Json;
  readonly further?: readonly ProblemCode[];
}

const operation = ({ operationId, summary, parts, success, further = [] }: Operation): Json => ({
  operationId,
  summary,
  tags: ['budgets'],
  security: ANY_KEY,
  ...parts,
  responses: { ...success, ...problemResponses([...CODES, ...further]) },
});

// What a row holds was read by the same schema: its input is what an answer shows.
const shown = (schema: z.ZodType): Json => toSchema(schema, 'input');
const rowsOf = (schema: z.ZodType): Json => shown(z.object({ rows: z.array(schema) }));

const queryOf = (schema: z.ZodObject): Json[] =>
  Object.entries(schema.shape).map(([name, member]) => {
    const { description, ...rest } = shown(member as z.ZodType);
    return { name, in: 'query', required: false, description, schema: rest };
  });

const ID: Json = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const OF_ID: Json = { parameters: [ID] };
const NOT_FOUND: readonly ProblemCode[] = ['not_found'];
const A_BUDGET = { 200: answer('The budget.', shown(BUDGET_ROW)) };
const A_WEBHOOK = { 200: answer('The webhook.', shown(WEBHOOK_ROW)) };

const ofBudget = (operationId: string, summary: string, parts: Json = OF_ID): Json =>
  operation({ operationId, summary, parts, success: A_BUDGET, further: NOT_FOUND });

/** `/api/v1/budgets…`, `/api/v1/alerts`, `/api/v1/webhooks…`. */
export const BUDGET_PATHS: Json = {
  [BUDGETS_PATH]: {
    get: operation({
      operationId: 'listBudgets',
      summary: 'The budgets of the tenant.',
      success: { 200: answer('The budgets.', rowsOf(BUDGET_ROW)) },
    }),
    post: operation({
      operationId: 'createBudget',
      summary: 'Make a budget. Scope admin.',
      parts: jsonBodyOf(BUDGET_BODY),
      success: { 201: answer('The budget.', shown(BUDGET_ROW)) },
    }),
  },
  [`${BUDGETS_PATH}/{id}`]: {
    get: ofBudget('getBudget', 'A budget.'),
    put: ofBudget('changeBudget', 'Replace what a budget says. Scope admin.', {
      ...OF_ID,
      ...jsonBodyOf(BUDGET_BODY),
    }),
    delete: ofBudget('deleteBudget', 'Delete a budget; its alerts are resolved. Scope admin.'),
  },
  [`${BUDGETS_PATH}/{id}/status`]: {
    get: operation({
      operationId: 'getBudgetStatus',
      summary: 'How a budget stands now, key by key.',
      parts: { parameters: [ID, ...queryOf(STATUS_PARAMETERS)] },
      success: { 200: answer('The answer.', toSchema(BUDGET_STATUS_ANSWER, 'output')) },
      further: [
        'not_found',
        'ledger_expired',
        'query_over_budget',
        'overloaded',
        'deadline_exceeded',
      ],
    }),
  },
  [ALERTS_PATH]: {
    get: operation({
      operationId: 'listAlerts',
      summary:
        'What alerts did in a range, newest first, a page at a time, with the state of each delivery.',
      parts: { parameters: queryOf(alertsParameters(0n)) },
      success: { 200: answer('The events.', toSchema(ALERTS_ANSWER, 'output')) },
      further: ['query_over_budget', 'overloaded', 'deadline_exceeded'],
    }),
  },
  [WEBHOOKS_PATH]: {
    get: operation({
      operationId: 'listWebhooks',
      summary: 'Where alerts of the tenant are sent.',
      success: { 200: answer('The webhooks, without their secrets.', rowsOf(WEBHOOK_ROW)) },
    }),
    post: operation({
      operationId: 'createWebhook',
      summary: 'Have alerts sent to a URL, signed as Standard Webhooks has it. Scope admin.',
      parts: jsonBodyOf(WEBHOOK_BODY),
      success: { 201: answer('The webhook and its secret.', shown(MADE_WEBHOOK)) },
    }),
  },
  [`${WEBHOOKS_PATH}/{id}`]: {
    get: operation({
      operationId: 'getWebhook',
      summary: 'A webhook.',
      parts: OF_ID,
      success: A_WEBHOOK,
      further: NOT_FOUND,
    }),
    delete: operation({
      operationId: 'deleteWebhook',
      summary: 'Send nothing there any more. Scope admin.',
      parts: OF_ID,
      success: A_WEBHOOK,
      further: NOT_FOUND,
    }),
  },
};
