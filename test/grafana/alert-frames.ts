/** What Grafana makes of an alert rule's rows: an alert for each, named by its texts, which fires by its number. */
import type { AlertRule } from '@ai-cost-profiler/grafana/alerts/rule.ts';
import { type Frame, kindOf } from './frame.ts';

/** Faults of a frame of a rule: texts, of which no two rows have the same, and one number. */
export function alertFaults({ columns, rows }: Frame): string[] {
  const kinds = columns.map(({ type }) => kindOf(type));
  const labels = rows.map((row) => JSON.stringify(row.filter((_, at) => kinds[at] === 'text')));
  return [
    ...(kinds.filter((kind) => kind === 'number').length === 1 ? [] : ['not exactly one number']),
    ...(kinds.every((kind) => kind === 'number' || kind === 'text')
      ? []
      : ['neither text nor number']),
    ...(new Set(labels).size === labels.length ? [] : ['two alerts of the same labels']),
  ];
}

/** The labels of the rows that are beyond the rule's limit. */
export function firing(
  { fires: { when, than } }: Pick<AlertRule, 'fires'>,
  { columns, rows }: Frame,
): readonly (readonly string[])[] {
  const value = columns.findIndex(({ type }) => kindOf(type) === 'number');
  const isBeyond = (row: readonly unknown[]): boolean =>
    row[value] !== null && (when === 'gt' ? Number(row[value]) > than : Number(row[value]) < than);
  return rows.filter(isBeyond).map((row) => row.filter((_, at) => at !== value).map(String));
}
