/** What a dashboard may group and filter by, as expressions of a table. */
import {
  GUARDED_DIMENSIONS,
  ROLLUP_DIMENSIONS,
} from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import { chosen, shown, textValue } from './text-value.ts';

/** What can be filtered by: the dimensions of the rollups. */
export type Dimension = (typeof ROLLUP_DIMENSIONS)[number];
export const DIMENSIONS: readonly Dimension[] = ROLLUP_DIMENSIONS;

/** What only the ledger knows; `tag` is the tag whose key is typed in. */
export const LEDGER_CHOICES = ['session', 'tool', 'tag'] as const;

/** What can be grouped by: every dimension of the product. */
export const CHOICES = [...ROLLUP_DIMENSIONS, 'user', 'tenant', ...LEDGER_CHOICES] as const;
export type Choice = (typeof CHOICES)[number];

/** The variable with the key of the tag that is grouped by. */
export const TAG_KEY = 'tag_key';

/** Where rows come from: the rollup of hours or of days, the ledger named as they name values, or spans. */
export type Source = 'rollup' | 'daily' | 'ledger' | 'spans';

const UNKNOWN_TO: Readonly<Record<Source, readonly Choice[]>> = {
  rollup: ['user', ...LEDGER_CHOICES],
  daily: LEDGER_CHOICES,
  ledger: [],
  spans: [],
};

const NONE = "'(none)'";

/** In the order of the bits of `over_limit`. */
const GUARDED: readonly Choice[] = GUARDED_DIMENSIONS;

/** The name of a dimension's value, as dashboards show it; `(none)` where the source does not know it. */
export function shownName(choice: Choice, source: Source): string {
  if (UNKNOWN_TO[source].includes(choice)) return NONE;
  const name = shown(columnOf(choice, source));
  // Beyond the limit of names a rollup shows one for all; hours must not fall apart at their edges.
  const bit = source === 'ledger' ? GUARDED.indexOf(choice) : -1;
  return bit === -1 ? name : `if(bitTest(t.over_limit, ${bit}), '(over limit)', ${name})`;
}

/**
 * The name of the value of the dimension that a variable names; the closed list is ours, whatever an address says.
 * Each condition is constant: of nested `if`, not of `multiIf`, the engine then reads hardly more than the one column.
 */
export function shownNameOf(variable: string, source: Source): string {
  return CHOICES.filter((choice) => !UNKNOWN_TO[source].includes(choice)).reduceRight(
    (otherwise, choice) =>
      `if(${isOneOf(variable, [choice])}, ${shownName(choice, source)}, ${otherwise})`,
    NONE,
  );
}

/** Whether a variable names one of these: a condition without columns. */
export function isOneOf(variable: string, choices: readonly Choice[]): string {
  const texts = choices.map((choice) => `'${choice}'`);
  const asked = textValue(variable);
  return texts.length === 1 ? `(${asked} = ${texts[0]})` : `(${asked} IN (${texts.join(', ')}))`;
}

/** ` AND …`: the tenants and the values of dimensions that are chosen. Columns are those of the alias `t`. */
export function chosenRows(source: Source, dimensions: readonly Dimension[] = DIMENSIONS): string {
  const conditions = [
    chosen('t.tenant', 'tenant'),
    ...dimensions.map((dimension) => chosen(shownName(dimension, source), dimension)),
  ];
  return conditions.map((condition) => `AND ${condition}`).join('\n');
}

function columnOf(choice: Choice, source: Source): string {
  if (choice === 'tag') return `t.tags[${textValue(TAG_KEY)}]`;
  return source === 'spans' && choice === 'model' ? answeringModel('t') : `t.${choice}`;
}

/** Of a span, the model that answered, else the one that was asked for: as the ledger has it. */
export function answeringModel(table: string): string {
  return `if(${table}.response_model != '', ${table}.response_model, ${table}.request_model)`;
}
