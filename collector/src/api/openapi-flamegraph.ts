// The part of the OpenAPI document about flame graphs, whose answers have four formats.
import { FLAMEGRAPH_ANSWER } from '@ai-cost-profiler/queries/flamegraph/flamegraph.ts';
import { flamegraphParameters } from '@ai-cost-profiler/queries/flamegraph/input.ts';
import { FLAMEGRAPH_TYPES } from './flamegraph-routes.ts';
import { toSchema } from './openapi-paths.ts';

const BINARY = { type: 'string', format: 'binary' };

/** The question as the document has it. */
export const FLAMEGRAPH_DOCUMENT = {
  operationId: 'getFlamegraph',
  summary:
    'A flame graph of cost, tokens, time or calls, of a range or a trace, or of two compared.',
  parameters: flamegraphParameters(0n),
  problems: ['not_found'] as const,
  filters: true,
  answer: {
    content: {
      [FLAMEGRAPH_TYPES.json]: { schema: toSchema(FLAMEGRAPH_ANSWER, 'output') },
      [FLAMEGRAPH_TYPES.folded]: { schema: { type: 'string' } },
      [FLAMEGRAPH_TYPES.speedscope]: { schema: { type: 'object' } },
      [FLAMEGRAPH_TYPES.pprof]: { schema: BINARY },
    },
  },
};
