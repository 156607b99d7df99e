/** What changed the price of a call, into the columns that span and entry rows both have. */
import type { ByteColumn, NativeColumn } from '@ai-cost-profiler/clickhouse/native/columns.ts';
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

/** The columns of contexts are sparse: most calls tell nothing of theirs, and leave them alone. */
export const CONTEXT_COLUMNS = [
  'service_tier',
  'batch',
  'speed',
  'region',
  'price_context',
] as const satisfies readonly (keyof ContextColumns)[];

interface ContextBlock {
  readonly columns: ContextColumns;
  atRow<C extends NativeColumn>(column: C): C;
}

/** Names in `price_context` of what has no column of its own. */
const OTHERS = [
  ['inference_geo', 'inferenceGeo'],
  ['deployment', 'deployment'],
  ['search_context_size', 'searchContextSize'],
  ['sampling', 'sampling'],
] as const satisfies readonly (readonly [string, keyof CallContext])[];

export function appendContext(block: ContextBlock, context: CallContext): void {
  const { columns } = block;
  const { serviceTier, batch, speed, region } = context;
  if (serviceTier !== undefined) block.atRow(columns.service_tier).appendText(serviceTier);
  if (batch === true) block.atRow(columns.batch).append(1);
  if (speed !== undefined) block.atRow(columns.speed).appendText(speed);
  if (region !== undefined) block.atRow(columns.region).appendText(region);
  appendOthers(block, context);
}

function appendOthers(block: ContextBlock, context: CallContext): void {
  const { inferenceGeo, deployment, searchContextSize, sampling } = context;
  const told = inferenceGeo ?? deployment ?? searchContextSize ?? sampling;
  if (told === undefined) return;
  const column = block.atRow(block.columns.price_context);
  appendOther(column, 'inference_geo', inferenceGeo);
  appendOther(column, 'deployment', deployment);
  appendOther(column, 'search_context_size', searchContextSize);
  appendOther(column, 'sampling', sampling);
  column.endRow();
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
