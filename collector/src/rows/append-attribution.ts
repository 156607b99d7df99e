/** Whom a call was for, into the columns that span and entry rows both have. */
import type { StringColumn } from '@ai-cost-profiler/clickhouse/native/columns.ts';
import type { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import type { StringMapColumn } from '@ai-cost-profiler/clickhouse/native/map-columns.ts';
import type { Attribution } from '../normalise/call.ts';

export interface AttributionColumns {
  readonly user: StringColumn;
  readonly session: StringColumn;
  readonly feature: LowCardinalityColumn;
  readonly agent: LowCardinalityColumn;
  readonly prompt: LowCardinalityColumn;
  readonly prompt_version: LowCardinalityColumn;
  readonly tool: LowCardinalityColumn;
  readonly tags: StringMapColumn;
}

export function appendAttribution(columns: AttributionColumns, attribution: Attribution): void {
  columns.user.appendText(attribution.user);
  columns.session.appendText(attribution.session);
  columns.feature.appendText(attribution.feature);
  columns.agent.appendText(attribution.agent);
  columns.prompt.appendText(attribution.prompt);
  columns.prompt_version.appendText(attribution.promptVersion);
  columns.tool.appendText(attribution.tool);
  for (const [key, value] of attribution.tags) {
    columns.tags.appendText(key, value);
  }
  columns.tags.endRow();
}
