/**
 * What a budget is: how much may be spent, on what, in which window, and when somebody must be told.
 * One schema reads the body of a request and the row of the control state, and documents both.
 */
import { ATTO_PER_USD, MONEY_SCALE, parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import { openZone } from '../calendar.ts';
import { DIMENSION_EXPECTED, type Dimension, type Filter, parseDimension } from '../dimensions.ts';
import { CALENDAR_UNITS, nominalSeconds, presetBurnRules } from './window-units.ts';

const NAME_CHARS_MAX = 100;
const FILTER_DIMENSIONS_MAX = 10;
const FILTER_VALUES_MAX = 100;
const FILTER_CHARS_MAX = 1024;
const ROLLING_DAYS_MAX = 366;
const BURN_RULES_MAX = 4;
const AMOUNT_ATTO_MAX = 1_000_000_000_000n * ATTO_PER_USD;
const FACTOR_MAX = 1000n;
/** Places of a share or a factor. */
export const RATIO_SCALE = 6;
const RATIO_ONE = 10n ** BigInt(RATIO_SCALE);

/** A plain decimal above 0, as it was written. */
function decimalSchema(scale: number, most: bigint, expected: string) {
  return z.string({ error: `expected ${expected}` }).refine((text) => isWithin(text, scale, most), {
    error: `expected ${expected}`,
  });
}

function isWithin(text: string, scale: number, most: bigint): boolean {
  try {
    const units = parseDecimal(text, scale);
    return units > 0n && units <= most;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const AMOUNT = decimalSchema(
  MONEY_SCALE,
  AMOUNT_ATTO_MAX,
  'US dollars as a decimal string above 0 and up to 1000000000000, such as "250" or "0.5"',
).describe('US dollars, plain decimal, exact.');

const DIMENSION_OF_BUDGET = `expected ${DIMENSION_EXPECTED.replace(', tenant', '')}; a budget is of one tenant`;

/** A dimension that a budget can have, or undefined. */
function budgetDimension(text: string): Dimension | undefined {
  const dimension = parseDimension(text);
  return dimension === 'tenant' ? undefined : dimension;
}

const EACH = z.string({ error: DIMENSION_OF_BUDGET }).transform((text, context): Dimension => {
  const dimension = budgetDimension(text);
  if (dimension !== undefined) return dimension;
  context.addIssue({ code: 'custom', message: DIMENSION_OF_BUDGET });
  return z.NEVER;
});

const FILTERS = z
  .record(
    z.string(),
    z
      .array(z.string().max(FILTER_CHARS_MAX))
      .min(1, { error: 'expected at least one value; "" finds calls without one' })
      .max(FILTER_VALUES_MAX),
  )
  .superRefine((filters, context) => {
    const names = Object.keys(filters);
    for (const name of names.filter((one) => budgetDimension(one) === undefined)) {
      context.addIssue({ code: 'custom', path: [name], message: DIMENSION_OF_BUDGET });
    }
    if (names.length > FILTER_DIMENSIONS_MAX) {
      const message = `expected at most ${FILTER_DIMENSIONS_MAX} dimensions`;
      context.addIssue({ code: 'custom', message });
    }
  })
  .default({})
  .describe(
    'Which calls count: by dimension, any of the values; "" finds calls without one. Without filters, all of the tenant.',
  );

const TIME_ZONE = z
  .string()
  .refine(isZone, { error: 'expected an IANA time zone such as Europe/Berlin' })
  .default('UTC')
  .describe('IANA time zone whose calendar cuts the periods.');

function isZone(name: string): boolean {
  try {
    openZone(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const WINDOW = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('calendar'),
      unit: z.enum(CALENDAR_UNITS, { error: `expected one of ${CALENDAR_UNITS.join(', ')}` }),
      time_zone: TIME_ZONE,
    }),
    z.strictObject({
      kind: z.literal('rolling'),
      days: z
        .int({ error: `expected a whole number from 1 to ${ROLLING_DAYS_MAX}` })
        .min(1)
        .max(ROLLING_DAYS_MAX)
        .describe('The last so many times 24 hours.'),
    }),
  ],
  { error: 'expected {"kind":"calendar","unit":…} or {"kind":"rolling","days":…}' },
);

const SPAN_SECONDS = { m: 60, h: 3600, d: 86_400 } as const;
const SPAN = z
  .string()
  .regex(/^[1-9]\d{0,3}[mhd]$/, { error: 'expected a duration such as 5m, 6h or 3d' });

/** Seconds of a duration that SPAN accepts. */
export function spanSeconds(text: string): number {
  const unit = text.at(-1) as keyof typeof SPAN_SECONDS;
  return Number(text.slice(0, -1)) * SPAN_SECONDS[unit];
}

const BURN_RULE = z.strictObject({
  fast: SPAN.describe('The fast window: it ends an alert soon after spending calms down.'),
  slow: SPAN.describe('The slow window: it keeps one expensive call from being an alert.'),
  factor: decimalSchema(
    RATIO_SCALE,
    FACTOR_MAX * RATIO_ONE,
    'a decimal string above 0 and up to 1000, such as "6"',
  ).describe('Burns when in both windows so many times the even rate is spent.'),
});
export type BurnRule = z.output<typeof BURN_RULE>;

const BURN_RULES = z
  .array(BURN_RULE)
  .max(BURN_RULES_MAX)
  .optional()
  .describe(
    'Multi-window burn rates: a rule burns when the rate of its fast and of its slow window reach `factor` times amount / window. Without it, one that suits the window; [] for none.',
  );

const BODY_SHAPE = {
  name: z.string().min(1).max(NAME_CHARS_MAX).describe('For people.'),
  amount_usd: AMOUNT,
  filters: FILTERS,
  each: EACH.nullable()
    .default(null)
    .describe(
      'One budget for each value of this dimension, such as user: the amount is that of each. Null: one for all calls.',
    ),
  window: WINDOW,
  basis: z
    .enum(['settled', 'all'], { error: 'expected settled or all' })
    .default('settled')
    .describe(
      'settled: up to `settled_through`, of traces that go on what was booked by then. all: up to now, as known now.',
    ),
  warn_at: decimalSchema(
    RATIO_SCALE,
    RATIO_ONE,
    'a share as a decimal string above 0 and up to 1, such as "0.8"',
  )
    .nullable()
    .default('0.8')
    .describe('Share of the amount from which on the state is warning; null: never.'),
  burn_rules: BURN_RULES,
};

/** What a person says of a budget: the body of a request, and the payload of its row. */
export const BUDGET_BODY = z
  .strictObject(BODY_SHAPE)
  .superRefine(({ window, burn_rules }, context) => {
    for (const [index, { fast, slow }] of (burn_rules ?? []).entries()) {
      const path = ['burn_rules', index];
      if (spanSeconds(fast) >= spanSeconds(slow)) {
        const message = `expected fast to be shorter than slow (${slow})`;
        context.addIssue({ code: 'custom', path: [...path, 'fast'], message, input: fast });
      }
      if (spanSeconds(slow) >= nominalSeconds(window)) {
        const message = 'expected slow to be shorter than the window of the budget';
        context.addIssue({ code: 'custom', path: [...path, 'slow'], message, input: slow });
      }
    }
  })
  .transform((body) => ({
    ...body,
    burn_rules: body.burn_rules ?? presetBurnRules(body.window),
  }));

export type BudgetBody = z.output<typeof BUDGET_BODY>;

/** A budget with what its row says of it. */
export interface Budget extends BudgetBody {
  readonly id: string;
  readonly tenant: string;
  /** Version of the row in force. */
  readonly version: bigint;
}

/** A budget as answers show it. */
export const BUDGET_ROW = z.object({
  id: z.string(),
  ...BODY_SHAPE,
  revision: z.string().describe('Of the row in force; it grows with each change.'),
  created_at: z.string(),
  created_by: z.string(),
  changed_at: z.string(),
  changed_by: z.string(),
});

export interface BudgetRow extends BudgetBody {
  readonly id: string;
  readonly revision: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly changed_at: string;
  readonly changed_by: string;
}

/** The filters as questions take them. */
export function filtersOf({ filters }: Pick<BudgetBody, 'filters'>): Filter[] {
  return Object.entries(filters).flatMap(([name, values]) => {
    const dimension = parseDimension(name);
    return dimension === undefined ? [] : [{ dimension, values }];
  });
}
