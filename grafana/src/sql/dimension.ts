/** What a dashboard may group and filter by: the dimensions of the rollups, as expressions of a table. */
import { ROLLUP_DIMENSIONS } from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import { chosen, shown, textValue } from './text-value.ts';

export type Dimension = (typeof ROLLUP_DIMENSIONS)[number];

export const DIMENSIONS: readonly Dimension[] = ROLLUP_DIMENSIONS;

/** Where rows come from: a rollup, the ledger named as that rollup names its values, or spans. */
export type Source = 'rollup' | 'ledger' | 'spans';

/** The name of a dimension's value, as dashboards show it. */
export function shownName(dimension: Dimension, source: Source): string {
  if (source !== 'ledger') return shown(columnOf(dimension, source));
  // Beyond the limit of names a rollup shows one for all; hours must not fall apart at their edges.
  const isOver = `bitTest(t.over_limit, ${DIMENSIONS.indexOf(dimension)})`;
  return `multiIf(${isOver}, '(over limit)', t.${dimension} = '', '(none)', replaceAll(t.${dimension}, char(92), '/'))`;
}

/**
 * The name of the value of the dimension that a variable names; the closed list is ours, whatever an address says.
 * Each condition is constant: of nested `if`, not of `multiIf`, the engine then reads hardly more than the one column.
 */
export function shownNameOf(variable: string, source: Source): string {
  const asked = textValue(variable);
  return DIMENSIONS.reduceRight(
    (otherwise, dimension) =>
      `if(${asked} = '${dimension}', ${shownName(dimension, source)}, ${otherwise})`,
    "'(none)'",
  );
}

/** ` AND …`: the tenants and the values of dimensions that are chosen. Columns are those of the alias `t`. */
export function chosenRows(source: Source, dimensions: readonly Dimension[] = DIMENSIONS): string {
  const conditions = [
    chosen('t.tenant', 'tenant'),
    ...dimensions.map((dimension) => chosen(shownName(dimension, source), dimension)),
  ];
  return conditions.map((condition) => `AND ${condition}`).join('\n');
}

function columnOf(dimension: Dimension, source: Source): string {
  return source === 'spans' && dimension === 'model' ? answeringModel('t') : `t.${dimension}`;
}

/** Of a span, the model that answered, else the one that was asked for: as the ledger has it. */
export function answeringModel(table: string): string {
  return `if(${table}.response_model != '', ${table}.response_model, ${table}.request_model)`;
}
