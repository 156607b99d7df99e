/** What changed the price of a call, into the columns that span and entry rows both have. */
import type { ByteColumn } from '@ai-cost-profiler/clickhouse/native/columns.ts';
import type { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import type { StringMapColumn } from '@ai-cost-profiler/clickhouse/native/map-columns.ts';
import type { CallContext } from '../normalise/call.ts';

interface ContextColumns {
  readonly service_tier: LowCardinalityColumn;
  readonly batch: ByteColumn;
  readonly speed: LowCardinalityColumn;
  readonly region: LowCardinalityColumn;
  readonly price_context: StringMapColumn;
}

/** Names in `price_context` of what has no column of its own. */
const OTHERS = [
  ['inference_geo', 'inferenceGeo'],
  ['deployment', 'deployment'],
  ['search_context_size', 'searchContextSize'],
  ['sampling', 'sampling'],
] as const satisfies readonly (readonly [string, keyof CallContext])[];

export function appendContext(columns: ContextColumns, context: CallContext): void {
  columns.service_tier.appendText(context.serviceTier ?? '');
  columns.batch.append(context.batch === true ? 1 : 0);
  columns.speed.appendText(context.speed ?? '');
  columns.region.appendText(context.region ?? '');
  appendOther(columns.price_context, 'inference_geo', context.inferenceGeo);
  appendOther(columns.price_context, 'deployment', context.deployment);
  appendOther(columns.price_context, 'search_context_size', context.searchContextSize);
  appendOther(columns.price_context, 'sampling', context.sampling);
  columns.price_context.endRow();
}

/** Each by its own name: looked up by a name that changes, every property costs as much as a row of a column. */
function appendOther(
  column: StringMapColumn,
  name: (typeof OTHERS)[number][0],
  value: string | undefined,
): void {
  if (value !== undefined) {
    column.appendText(name, value);
  }
}

/** The context back from a row; texts that are empty were not told. */
export function contextOf(row: {
  service_tier: string;
  batch: boolean;
  speed: string;
  region: string;
  price_context: Readonly<Record<string, string>>;
}): CallContext {
  const context: CallContext = {};
  if (row.service_tier !== '') context.serviceTier = row.service_tier;
  if (row.batch) context.batch = true;
  if (row.speed !== '') context.speed = row.speed;
  if (row.region !== '') context.region = row.region;
  for (const [name, key] of OTHERS) {
    const value = row.price_context[name];
    if (value !== undefined) context[key] = value;
  }
  return context;
}
