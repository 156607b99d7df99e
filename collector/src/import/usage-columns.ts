/**
 * Tokens in the buckets of the ledger (disjoint) as the dialect `aicost` reads them: totals that hold their parts. A
 * row may tell buckets, totals, or both if they agree. What is not told stays unknown.
 */
import {
  INPUT_BUCKETS,
  OUTPUT_BUCKETS,
  TOKEN_BUCKETS,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import type { AttributeColumn, Attributes, RowFault } from './source.ts';

type Bucket = (typeof TOKEN_BUCKETS)[number];

const BUCKET = 'import.bucket.';
const TOTALS = { input: 'import.input_tokens', output: 'import.output_tokens' } as const;

/** Other names of buckets, and of totals. */
const BUCKET_NAMES: Readonly<Partial<Record<Bucket, readonly string[]>>> = {
  in_cache_read: ['cached_tokens', 'cache_read_tokens', 'input_cached_tokens'],
  in_cache_write: ['cache_write_tokens', 'cache_creation_tokens'],
  out_reasoning: ['reasoning_tokens'],
};

/** Each part's attribute, and the buckets it is the sum of. */
const PARTS: Readonly<Record<string, readonly Bucket[]>> = {
  'gen_ai.usage.cache_read.input_tokens': [
    'in_cache_read',
    'in_cache_read_audio',
    'in_cache_read_video',
  ],
  'gen_ai.usage.cache_write.input_tokens': [
    'in_cache_write',
    'in_cache_write_5m',
    'in_cache_write_1h',
  ],
  'aicost.usage.cache_write_5m_tokens': ['in_cache_write_5m'],
  'aicost.usage.cache_write_1h_tokens': ['in_cache_write_1h'],
  'gen_ai.usage.audio.input_tokens': ['in_audio', 'in_cache_read_audio'],
  'gen_ai.usage.audio.cache_read.input_tokens': ['in_cache_read_audio'],
  'gen_ai.usage.image.input_tokens': ['in_image'],
  'aicost.usage.video_input_tokens': ['in_video', 'in_cache_read_video'],
  'aicost.usage.video_cache_read_tokens': ['in_cache_read_video'],
  'aicost.usage.tool_use_tokens': ['in_tool_use'],
  'aicost.usage.citation_tokens': ['in_citation'],
  'gen_ai.usage.reasoning.output_tokens': ['out_reasoning'],
  'gen_ai.usage.audio.output_tokens': ['out_audio'],
  'gen_ai.usage.image.output_tokens': ['out_image'],
};

/** The dialect reads them beside the total, not inside it. */
const BESIDE: ReadonlySet<Bucket> = new Set(['in_tool_use', 'in_citation']);

export const USAGE_COLUMNS: readonly AttributeColumn[] = [
  {
    names: ['input_tokens', 'prompt_tokens'],
    kind: 'count',
    attribute: TOTALS.input,
    sentence: 'Everything that went in, the cached tokens included.',
  },
  {
    names: ['output_tokens', 'completion_tokens'],
    kind: 'count',
    attribute: TOTALS.output,
    sentence: 'Everything that came out, the reasoning tokens included.',
  },
  ...TOKEN_BUCKETS.map(
    (bucket): AttributeColumn => ({
      names: [bucket, ...(BUCKET_NAMES[bucket] ?? [])],
      kind: 'count',
      attribute: BUCKET + bucket,
      sentence: 'Bucket of the ledger: disjoint from the others.',
    }),
  ),
];

/** Puts the dialect's attributes in place of the columns'. */
export function finishUsage(attributes: Attributes): RowFault | undefined {
  const told = takeBuckets(attributes);
  const fault =
    fillSide(attributes, told, {
      total: TOTALS.input,
      rest: 'in_uncached',
      buckets: INPUT_BUCKETS,
      attribute: 'gen_ai.usage.input_tokens',
    }) ??
    fillSide(attributes, told, {
      total: TOTALS.output,
      rest: 'out_text',
      buckets: OUTPUT_BUCKETS,
      attribute: 'gen_ai.usage.output_tokens',
    });
  if (fault !== undefined) return fault;
  for (const [attribute, buckets] of Object.entries(PARTS)) {
    const sum = sumOf(told, buckets);
    if (sum !== undefined) attributes.set(attribute, { intValue: String(sum) });
  }
  return undefined;
}

type Told = Map<Bucket, bigint>;

function takeBuckets(attributes: Attributes): Told {
  const told: Told = new Map();
  for (const bucket of TOKEN_BUCKETS) {
    const count = takeCount(attributes, BUCKET + bucket);
    if (count !== undefined) told.set(bucket, count);
  }
  return told;
}

function takeCount(attributes: Attributes, key: string): bigint | undefined {
  const value = attributes.get(key);
  attributes.delete(key);
  return value !== undefined && 'intValue' in value ? BigInt(value.intValue) : undefined;
}

interface Side {
  readonly total: string;
  /** The bucket that a total without it leaves to be worked out. */
  readonly rest: Bucket;
  readonly buckets: readonly Bucket[];
  readonly attribute: string;
}

function fillSide(to: Attributes, told: Told, side: Side): RowFault | undefined {
  const total = takeCount(to, side.total);
  const sum = sumOf(told, side.buckets);
  if (total !== undefined && told.has(side.rest) && total !== sum) {
    const column = side.total.slice('import.'.length);
    const parts = side.buckets.filter((bucket) => told.has(bucket)).join(' + ');
    return { column, value: String(total), expected: `${sum}, which is ${parts}` };
  }
  if (total !== undefined && total < (sum ?? 0n)) {
    const column = side.total.slice('import.'.length);
    return { column, value: String(total), expected: `at least ${sum}, the sum of its parts` };
  }
  if (total === undefined && !told.has(side.rest)) return withoutRest(told, side, sum);
  const all = total ?? sum;
  if (all === undefined) return undefined;
  const beside =
    sumOf(
      told,
      side.buckets.filter((bucket) => BESIDE.has(bucket)),
    ) ?? 0n;
  to.set(side.attribute, { intValue: String(all - beside) });
  return undefined;
}

/** Parts alone do not say what went beside them; parts of 0 say nothing at all, and are as if not told. */
function withoutRest(told: Told, side: Side, sum: bigint | undefined): RowFault | undefined {
  if (sum === undefined) return undefined;
  if (sum > 0n) {
    const column = side.total.slice('import.'.length);
    const parts = side.buckets.filter((bucket) => told.has(bucket)).join(' and ');
    const expected = `it beside ${parts}, or ${side.rest} (0 if none)`;
    return { column, value: null, expected };
  }
  for (const bucket of side.buckets) told.delete(bucket);
  return undefined;
}

/** Undefined where none is told. */
function sumOf(told: Told, buckets: readonly Bucket[]): bigint | undefined {
  const counts = buckets.flatMap((bucket) => told.get(bucket) ?? []);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0n);
}
