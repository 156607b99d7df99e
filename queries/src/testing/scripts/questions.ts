/** Every kind of question a script can ask, by its path, with what its answer is documented to be. */
import { z } from 'zod';
import { answerBreakdown, BREAKDOWN_ANSWER } from '../../breakdown/breakdown.ts';
import { readBreakdownInput } from '../../breakdown/input.ts';
import type { Budget } from '../../budgets/definition.ts';
import { answerBudgetStatus, BUDGET_STATUS_ANSWER } from '../../budgets/status.ts';
import { readStatusLimit } from '../../budgets/status-input.ts';
import type { Cursors } from '../../cursor.ts';
import { answerFlamegraph, FLAMEGRAPH_ANSWER } from '../../flamegraph/flamegraph.ts';
import { readFlamegraphInput } from '../../flamegraph/input.ts';
import type { PriceUsage } from '../../flamegraph/split-cost.ts';
import { answerCacheable, CACHEABLE_ANSWER, type CachePrices } from '../../prompts/cacheable.ts';
import { readCacheableInput } from '../../prompts/cacheable-input.ts';
import { readSimilarInput } from '../../prompts/input.ts';
import { PromptThreads } from '../../prompts/prompt-threads.ts';
import { answerSimilar, SIMILAR_ANSWER } from '../../prompts/similar.ts';
import type { InstantNs } from '../../range.ts';
import type { ByteStore, Reader } from '../../tenant-scope.ts';
import { readTimeseriesInput } from '../../timeseries/input.ts';
import { answerTimeseries, TIMESERIES_ANSWER } from '../../timeseries/timeseries.ts';
import { readTraceInput } from '../../trace/input.ts';
import { answerTrace, TRACE_ANSWER } from '../../trace/trace.ts';
import { readTracesInput } from '../../traces/input.ts';
import { answerTraces, TRACES_ANSWER } from '../../traces/traces.ts';
import { readTreemapInput } from '../../treemap/input.ts';
import { answerTreemap, TREEMAP_ANSWER } from '../../treemap/treemap.ts';
import { answerUnits, readUnitsInput, UNITS_ANSWER } from '../../units/units.ts';
import { answerUnpriced, readUnpricedInput, UNPRICED_ANSWER } from '../../unpriced/unpriced.ts';

/** A question as a script asks it. */
interface Asked {
  readonly store: ByteStore;
  readonly reader: Reader;
  readonly parameters: URLSearchParams;
  /** What stands in the path where its pattern has a name in braces. */
  readonly path: Readonly<Record<string, string>>;
  readonly nowNs: InstantNs;
  readonly cursors: Cursors;
  readonly price: PriceUsage;
  readonly cachePrices: CachePrices;
  budgetOf(id: string): Budget;
}

interface Question {
  readonly answer: (asked: Asked) => Promise<object | string>;
  readonly schema: z.ZodType;
}

const FLAMEGRAPH_BODY = z.union([FLAMEGRAPH_ANSWER, z.string()]);

const threads = new PromptThreads();
const NEVER = new AbortController().signal;

export const QUESTIONS: Readonly<Record<string, Question>> = {
  '/api/v1/costs/breakdown': {
    answer: ({ store, reader, parameters, nowNs }) =>
      answerBreakdown(store, reader, readBreakdownInput(parameters, nowNs)),
    schema: BREAKDOWN_ANSWER,
  },
  '/api/v1/costs/timeseries': {
    answer: ({ store, reader, parameters, nowNs }) =>
      answerTimeseries(store, reader, readTimeseriesInput(parameters, nowNs)),
    schema: TIMESERIES_ANSWER,
  },
  '/api/v1/costs/treemap': {
    answer: ({ store, reader, parameters, nowNs }) =>
      answerTreemap(store, reader, readTreemapInput(parameters, nowNs)),
    schema: TREEMAP_ANSWER,
  },
  '/api/v1/costs/units': {
    answer: ({ store, reader, parameters, nowNs }) =>
      answerUnits(store, reader, readUnitsInput(parameters, nowNs)),
    schema: UNITS_ANSWER,
  },
  '/api/v1/traces': {
    answer: ({ store, reader, parameters, cursors, nowNs }) =>
      answerTraces(
        store,
        reader,
        readTracesInput(parameters, { cursors, tenant: reader.tenant, nowNs }),
      ),
    schema: TRACES_ANSWER,
  },
  '/api/v1/traces/{trace_id}': {
    answer: ({ store, reader, path, parameters, nowNs }) =>
      answerTrace(store, reader, readTraceInput(path, parameters, nowNs)),
    schema: TRACE_ANSWER,
  },
  '/api/v1/flamegraph': { answer: answerFlames, schema: FLAMEGRAPH_BODY },
  '/api/v1/prompts/similar': {
    answer: ({ store, reader, parameters, nowNs }) =>
      answerSimilar(store, reader, {
        input: readSimilarInput(parameters, nowNs),
        threads,
        signal: NEVER,
      }),
    schema: SIMILAR_ANSWER,
  },
  '/api/v1/prompts/cacheable': {
    answer: ({ store, reader, parameters, nowNs, cachePrices: prices }) =>
      answerCacheable(store, reader, { input: readCacheableInput(parameters, nowNs), prices }),
    schema: CACHEABLE_ANSWER,
  },
  '/api/v1/unpriced': {
    answer: ({ store, reader, parameters, nowNs }) =>
      answerUnpriced(store, reader, readUnpricedInput(parameters, nowNs)),
    schema: UNPRICED_ANSWER,
  },
  '/api/v1/budgets/{id}/status': {
    answer: ({ store, reader, path, parameters, nowNs, budgetOf }) => {
      const limit = readStatusLimit(parameters);
      return answerBudgetStatus(store, reader, { budget: budgetOf(path['id']!), nowNs, limit });
    },
    schema: BUDGET_STATUS_ANSWER,
  },
};

/** Text where the format is one of text; the binary one is for other programs. */
async function answerFlames(asked: Asked): Promise<object | string> {
  const { store, reader, parameters, price, nowNs } = asked;
  const input = readFlamegraphInput(parameters, nowNs);
  const { body } = await answerFlamegraph(store, reader, { input, price });
  return Buffer.isBuffer(body) ? body.toString('hex') : body;
}

/** The question of a path, and what its braces stand for; undefined where no question has it. */
export function questionOf(
  path: string,
): { readonly question: Question; readonly path: Readonly<Record<string, string>> } | undefined {
  for (const [pattern, question] of Object.entries(QUESTIONS)) {
    const shape = new RegExp(`^${pattern.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const match = shape.exec(path);
    if (match !== null) return { question, path: { ...match.groups } };
  }
  return undefined;
}
