/** The columns of a `span` row in the landing table, as one Native block. Names and types are the migration's. */
import { NativeBlock } from '@ai-cost-profiler/clickhouse/native/block.ts';
import {
  ByteColumn,
  Int64Column,
  StringColumn,
  UInt32Column,
} from '@ai-cost-profiler/clickhouse/native/columns.ts';
import { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import {
  DecimalMapColumn,
  StringMapColumn,
} from '@ai-cost-profiler/clickhouse/native/map-columns.ts';
import { NullableIntegerColumn } from '@ai-cost-profiler/clickhouse/native/nullable-integer-column.ts';
import { TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { CONTEXT_COLUMNS } from './append-context.ts';
import { AttributeMap } from './attribute-map.ts';
import { PromptColumns } from './prompt/prompt-columns.ts';
import { ResourceTexts } from './resource-texts.ts';

const INSTANT = "DateTime64(9, 'UTC')";

function createColumns() {
  return {
    row_kind: new ByteColumn("Enum8('span' = 1, 'entry' = 2)"),
    tenant: new LowCardinalityColumn(),
    trace_id: new StringColumn(),
    span_id: new StringColumn(),
    parent_span_id: new StringColumn(),
    trace_state: new StringColumn(),
    name: new LowCardinalityColumn(),
    span_kind: new ByteColumn('Int8'),
    start_time: new Int64Column(INSTANT),
    end_time: new Int64Column(INSTANT),
    status_code: new ByteColumn('Int8'),
    status_message: new StringColumn(),
    flags: new UInt32Column(),
    service: new LowCardinalityColumn(),
    environment: new LowCardinalityColumn(),
    scope_name: new LowCardinalityColumn(),
    scope_version: new LowCardinalityColumn(),
    resource: new LowCardinalityColumn(),
    attributes: new StringMapColumn(),
    events: new StringColumn(),
    links: new StringColumn(),
    dropped_attributes_count: new UInt32Column(),
    dropped_events_count: new UInt32Column(),
    dropped_links_count: new UInt32Column(),
    content_hash: new Int64Column('UInt64'),
    dialect: new LowCardinalityColumn(),
    operation: new LowCardinalityColumn(),
    provider: new LowCardinalityColumn(),
    request_model: new LowCardinalityColumn(),
    response_model: new LowCardinalityColumn(),
    response_id: new StringColumn(),
    resolved_spans: new UInt32Column(),
    span_role: new ByteColumn('Int8'),
    role_reason: new LowCardinalityColumn(),
    semantics: new LowCardinalityColumn(),
    evidence: new LowCardinalityColumn(),
    missing_usage_reason: new LowCardinalityColumn(),
    usage: new DecimalMapColumn(TOKEN_BUCKETS),
    usage_alternative: new DecimalMapColumn(TOKEN_BUCKETS),
    input_tokens: new NullableIntegerColumn('UInt64'),
    output_tokens: new NullableIntegerColumn('UInt64'),
    reported_usd: new NullableIntegerColumn('Decimal(38, 18)'),
    service_tier: new LowCardinalityColumn(),
    batch: new ByteColumn('Bool'),
    speed: new LowCardinalityColumn(),
    region: new LowCardinalityColumn(),
    price_context: new StringMapColumn(),
    user: new StringColumn(),
    session: new StringColumn(),
    feature: new LowCardinalityColumn(),
    agent: new LowCardinalityColumn(),
    tool: new LowCardinalityColumn(),
    tags: new StringMapColumn(),
    ...createPromptColumns(),
    received_at: new Int64Column(INSTANT),
  };
}

function createPromptColumns() {
  return {
    prompt: new LowCardinalityColumn(),
    prompt_version: new LowCardinalityColumn(),
    prompt_maker: new LowCardinalityColumn(),
    prompt_sketch: new StringColumn(),
    prompt_boundaries: new StringColumn(),
  };
}

export type SpanColumns = ReturnType<typeof createColumns>;

/** What only calls tell, and whom a span was for: most spans tell none of it. */
const CALL_COLUMNS = [
  'dialect',
  'operation',
  'provider',
  'request_model',
  'response_model',
  'response_id',
  'span_role',
  'role_reason',
  'semantics',
  'evidence',
  'missing_usage_reason',
  'usage',
  'usage_alternative',
  'input_tokens',
  'output_tokens',
  'reported_usd',
  ...CONTEXT_COLUMNS,
  'user',
  'session',
  'feature',
  'agent',
  'prompt',
  'prompt_version',
  'tool',
  'tags',
  'prompt_maker',
  'prompt_sketch',
  'prompt_boundaries',
] as const satisfies readonly (keyof SpanColumns)[];

export class SpanBlock extends NativeBlock<SpanColumns> {
  readonly attributes = new AttributeMap(this.columns.attributes);
  readonly prompts = new PromptColumns(this.columns);
  readonly resources = new ResourceTexts(this.columns.resource);

  /** Rows up to which the call columns are known to be written. */
  private callRows = 0;

  /** Before a row that tells something in the call columns: those before it told nothing. */
  beginCall(): void {
    if (this.callRows < this.rows) this.padSparse();
    this.callRows = this.rows + 1;
  }

  override truncate(rows: number): void {
    super.truncate(rows);
    this.callRows = 0;
  }

  override reset(): void {
    super.reset();
    this.callRows = 0;
    this.attributes.reset();
    this.resources.reset();
  }
}

export function createSpanBlock(): SpanBlock {
  return new SpanBlock(createColumns(), CALL_COLUMNS);
}
