/** What a client of the live stream asks for: whose calls, and which of them. */
import { z } from 'zod';
import type { Filter } from '../dimensions.ts';
import { ForbiddenQuestion, InputProblem } from '../input-problem.ts';
import { readParameters } from '../parameters.ts';
import type { Reader } from '../tenant-scope.ts';

export const LIVE_PARAMETERS = z.object({
  last_event_id: z
    .string()
    .max(64, { error: 'an id of the stream, of at most 64 characters' })
    .optional()
    .describe('As the header `Last-Event-ID`, which goes before it: events behind this id.'),
});

export interface LiveInput {
  readonly tenant: string;
  readonly filters: readonly Filter[];
  /** The same for inputs that ask for the same calls. */
  readonly filterKey: string;
  readonly lastEventId: string | undefined;
}

/** Throws InputProblem; ForbiddenQuestion when another than an operator names a tenant. */
export function readLiveInput(parameters: URLSearchParams, reader: Reader): LiveInput {
  const { values, filters: all } = readParameters(LIVE_PARAMETERS, parameters);
  const tenants = all
    .filter(({ dimension }) => dimension === 'tenant')
    .flatMap((one) => one.values);
  if (tenants.length > 0 && !reader.operator) {
    throw new ForbiddenQuestion('tenant', 'tenant needs a key with the scope operator');
  }
  if (tenants.length > 1) {
    const expected = 'one tenant: a stream is of one';
    throw new InputProblem([{ field: 'tenant', value: tenants.join(', '), expected }]);
  }
  const filters = all.filter(({ dimension }) => dimension !== 'tenant');
  const sorted = filters.map(({ dimension, values: of }) => [dimension, of.toSorted()] as const);
  return {
    tenant: tenants[0] ?? reader.tenant,
    filters,
    filterKey: JSON.stringify(sorted.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    lastEventId: values.last_event_id,
  };
}

/** Whether a call with these values, by dimension, is asked for; a missing value is ''. */
export function matcherOf(
  filters: readonly Filter[],
): (fields: Readonly<Record<string, string>>) => boolean {
  const wanted = filters.map(({ dimension, values }) => ({ dimension, values: new Set(values) }));
  return (fields) =>
    wanted.every(({ dimension, values }) =>
      values.has(Object.hasOwn(fields, dimension) ? (fields[dimension] ?? '') : ''),
    );
}

const COUNT = z.number().int();
const MONEY = z.string().nullable().describe('US dollars, exact; null: unknown.');
const DIMENSION = z.string().nullable();

/** The data of each event, by its name. */
export const LIVE_EVENTS = {
  call: z
    .object({
      tenant: z.string(),
      trace_id: z.string(),
      span_id: z.string(),
      time: z.string().describe('When the call began: RFC 3339.'),
      recorded_at: z.string().describe('When it was taken in: RFC 3339.'),
      kind: z.string().describe('charge, or reversal of one'),
      calls: COUNT.describe('1; -1 for a reversal'),
      role: z.string(),
      service: DIMENSION,
      environment: DIMENSION,
      provider: DIMENSION,
      model: DIMENSION,
      operation: DIMENSION,
      feature: DIMENSION,
      agent: DIMENSION,
      prompt: DIMENSION,
      user: DIMENSION,
      session: DIMENSION,
      tool: DIMENSION,
      tags: z.record(z.string(), z.string()),
      input_tokens: COUNT.nullable(),
      output_tokens: COUNT.nullable(),
      cost_usd: MONEY,
      unpriced_reason: z.string().nullable(),
      provisional: z
        .boolean()
        .describe('Settle may correct it until `settled_through` passes `recorded_at`.'),
    })
    .describe('An entry of a call that is durable; of those that match the filters.'),
  sampled: z
    .object({ calls: COUNT, unpriced_calls: COUNT, cost_usd: MONEY })
    .describe('Calls of the tenant, whatever the filters, that were too many to be shown.'),
  settled: z
    .object({
      entries: COUNT,
      unpriced_entries: COUNT,
      cost_usd: MONEY,
      settled_through: z.string().nullable(),
    })
    .describe('A pass of settle is over: the correcting entries of the tenant, and how far it is.'),
  alert: z.looseObject({}).describe('Something that a person is to be told.'),
  missed: z
    .object({ events: COUNT })
    .describe('The client was too slow: so many events that it asked for were not sent.'),
  reset: z
    .object({ reason: z.enum(['unknown_id', 'too_old']) })
    .describe('What came behind `Last-Event-ID` is not known whole: load anew what is shown.'),
  closing: z
    .object({ reason: z.enum(['shutdown', 'key_unknown']) })
    .describe('The stream ends with this.'),
} as const;
