/** What can be asked of a flame graph, and how the URL spells it. */
import { z } from 'zod';
import type { Dimension, Filter } from '../dimensions.ts';
import { InputProblem } from '../input-problem.ts';
import {
  bySchema,
  instantSchema,
  rangeShape,
  readParameters,
  readRange,
  wholeNumberSchema,
} from '../parameters.ts';
import { INSTANT_NS_MAX, type InstantNs, type Range } from '../range.ts';
import { WEIGHTS, type Weight } from './weights.ts';

const STACKS_PRESET = 1_000;
const STACKS_MAX = 10_000;
const VERSION_LENGTH_MAX = 256;
const KEPT = 'problem ledger_expired where they have expired';

const FORMATS = ['json', 'folded', 'speedscope', 'pprof'] as const;
export type Format = (typeof FORMATS)[number];

/** Which calls one side of the graph is of. */
export interface AskedSide {
  readonly range: Range;
  /** `service.version` of the resource; null: any. */
  readonly version: string | null;
}

export interface FlamegraphInput {
  readonly left: AskedSide;
  /** What the left is compared with; null: nothing. */
  readonly right: AskedSide | null;
  readonly traceId: string | null;
  readonly stack: 'dimensions' | 'spans';
  readonly by: readonly Dimension[];
  /** Whether the leaves are buckets. */
  readonly buckets: boolean;
  readonly filters: readonly Filter[];
  readonly weight: Weight;
  readonly format: Format;
  /** Stacks at most; the rest is one frame. */
  readonly limit: number;
  /** When it was asked. */
  readonly nowNs: InstantNs;
}

const BUCKET = 'bucket';

/** `by` as dimensions with `bucket` as the last, if at all. */
const framesSchema = z
  .string()
  .optional()
  .transform((text, context) => {
    if (text === undefined) return undefined;
    const names = text.split(',');
    const buckets = names.at(-1) === BUCKET;
    const parsed = bySchema('').safeParse((buckets ? names.slice(0, -1) : names).join(','));
    if (parsed.success) return { by: parsed.data, buckets };
    const message = `${parsed.error.issues[0]?.message ?? 'dimensions'}, and at the end bucket if wanted`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .describe(
    'Frames from the root on: dimensions separated by commas, `bucket` as the last for the kind of tokens. With stack=dimensions service,agent,tool,model,bucket if not given; with stack=spans only bucket or nothing (of a trace bucket if not given).',
  );

const versionSchema = z.string().min(1).max(VERSION_LENGTH_MAX).optional();

/** The parameters of `GET /api/v1/flamegraph`, without the filters by dimension. */
export function flamegraphParameters(nowNs: InstantNs) {
  const { from, to } = rangeShape(nowNs);
  const compared = instantSchema(nowNs).optional();
  return z.object({
    from,
    to,
    trace_id: z
      .string()
      .regex(/^[0-9a-fA-F]{32}$/, '32 hexadecimal digits')
      .toLowerCase()
      .optional()
      .describe('One trace, whenever it was; instead of from and to.'),
    weight: z
      .enum(WEIGHTS)
      .default('cost')
      .describe(`What widths are. duration needs the spans of the range to be kept (${KEPT}).`),
    format: z
      .enum(FORMATS)
      .default('json')
      .describe(
        `json: a nested set; folded: a stack a line; speedscope; pprof: gzipped, with durations too, so it needs the spans of the range (${KEPT}).`,
      ),
    stack: z
      .enum(['dimensions', 'spans'])
      .optional()
      .describe(
        'What frames are: values of dimensions, or names of spans (of a trace the default).',
      ),
    by: framesSchema,
    version: versionSchema.describe(
      `Only calls of spans whose resource has this service.version; the spans of the range must be kept (${KEPT}).`,
    ),
    compare_from: compared.describe('The range to compare with: its start, as `from`.'),
    compare_to: compared.describe('Its end, as `to`.'),
    compare_version: versionSchema.describe(
      'The service.version to compare `version` with, in the same range or that of compare_from. Needs spans, as `version` does.',
    ),
    limit: wholeNumberSchema(STACKS_PRESET, 1, STACKS_MAX),
  });
}

type Values = z.output<ReturnType<typeof flamegraphParameters>>;

const DEFAULT_FRAMES = {
  dimensions: { by: ['service', 'agent', 'tool', 'model'], buckets: true },
  spans: { by: [], buckets: true },
} as const satisfies Record<string, { by: readonly Dimension[]; buckets: boolean }>;

/** Reads a query string. Throws InputProblem. */
export function readFlamegraphInput(
  parameters: URLSearchParams,
  nowNs: InstantNs,
): FlamegraphInput {
  const { values, filters } = readParameters(flamegraphParameters(nowNs), parameters);
  const traceId = values.trace_id ?? null;
  refuseTogether(values, parameters);
  const range = traceId === null ? readRange(values, parameters) : EVER;
  const stack = values.stack ?? (traceId === null ? 'dimensions' : 'spans');
  // Buckets below every tree of a range cost ten times as much to read: only who asks for them gets them.
  const isRangeOfSpans = stack === 'spans' && traceId === null;
  const preset = isRangeOfSpans ? { by: [], buckets: false } : DEFAULT_FRAMES[stack];
  const { by, buckets } = values.by ?? preset;
  if (stack === 'spans' && by.length > 0) {
    refuse('by', parameters, 'bucket or nothing where frames are spans (stack=spans)');
  }
  const left = { range, version: values.version ?? null };
  const right = readRight(values, left, parameters);
  const { weight, format, limit } = values;
  return { left, right, traceId, stack, by, buckets, filters, weight, format, limit, nowNs };
}

const EVER: Range = { fromNs: 0n, toNs: INSTANT_NS_MAX };

function refuseTogether(values: Values, parameters: URLSearchParams): void {
  if (values.trace_id === undefined) return;
  const compared = ['from', 'to', 'compare_from', 'compare_to', 'version', 'compare_version'];
  const given = compared.find((field) => parameters.has(field));
  if (given !== undefined) refuse(given, parameters, 'nothing beside trace_id');
}

function readRight(values: Values, left: AskedSide, parameters: URLSearchParams): AskedSide | null {
  const { compare_from: from, compare_to: to, compare_version: version } = values;
  if (version !== undefined && left.version === null) {
    refuse('version', parameters, 'the release that compare_version is compared with');
  }
  if (from === undefined && to === undefined) {
    return version === undefined ? null : { ...left, version };
  }
  if (from === undefined || to === undefined || from >= to) {
    const field = from === undefined ? 'compare_from' : 'compare_to';
    refuse(field, parameters, 'a range: compare_from, and compare_to after it');
  }
  return { range: { fromNs: from, toNs: to }, version: version ?? left.version };
}

function refuse(field: string, parameters: URLSearchParams, expected: string): never {
  throw new InputProblem([{ field, value: parameters.get(field), expected }]);
}
