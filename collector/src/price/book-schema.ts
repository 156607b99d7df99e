/**
 * The price book's shape: one JSON file a provider, checked here before anything is compiled.
 * Invariant: prices are decimal text per whole number of units, intervals are half-open instants,
 * and everything that was published somewhere carries its source and the day it was checked.
 */
import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { z } from 'zod';

/** `"2.5/M"` is 2.50 USD per million units; also `/1`, `/k` and `/3600`. */
export const RATE_TEXT = /^(\d+(?:\.\d+)?)\/(1|k|M|[1-9]\d*)$/;

const instant = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    'expected a UTC instant such as 2026-08-16T16:00:00Z',
  );
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'expected a day such as 2026-08-21');
const rateText = z.string().regex(RATE_TEXT, 'expected an amount per units such as "2.5/M"');
const factor = z.string().regex(/^\d+(?:\.\d+)?$/, 'expected a plain decimal such as "0.5"');
const usageKey = z.enum(USAGE_KEYS as [string, ...string[]]);
/** Quarter hours: every zone's offset is a whole number of them, so a price never changes inside one. */
const clock = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):(?:00|15|30|45)$|^24:00$/, 'expected a quarter hour such as 16:30');

const simpleMatch = z.union([
  z.strictObject({ equals: z.string() }),
  z.strictObject({ starts_with: z.string() }),
  z.strictObject({ ends_with: z.string() }),
  z.strictObject({ contains: z.string() }),
  z.strictObject({ regex: z.string() }),
]);
type SimpleMatch = z.infer<typeof simpleMatch>;
/** How a model name is recognised, always on the lower-cased name. */
export type MatchRule = SimpleMatch | { or: MatchRule[] } | { and: MatchRule[] };
const matchRule: z.ZodType<MatchRule> = z.lazy(() =>
  z.union([
    simpleMatch,
    z.strictObject({ or: z.array(matchRule).min(1) }),
    z.strictObject({ and: z.array(matchRule).min(1) }),
  ]),
);

/** The dimensions of a call's context that a price may depend on. */
const CONTEXT_DIMENSIONS = [
  'service_tier',
  'batch',
  'speed',
  'region',
  'inference_geo',
  'deployment',
  'search_context_size',
] as const;
export type ContextDimension = (typeof CONTEXT_DIMENSIONS)[number];

const dimensionTest = z.union([
  z.string(),
  z.array(z.string()).min(1),
  z.strictObject({ not: z.array(z.string()) }),
]);
/** A value, any of several, or told and none of several. */
export type DimensionTest = z.infer<typeof dimensionTest>;
const when = z.partialRecord(z.enum(CONTEXT_DIMENSIONS), dimensionTest);

const tier = z.strictObject({
  /** What is compared: the whole prompt of the one call with its cached part, or the output. */
  metric: z.enum(['prompt_tokens', 'output_tokens']).default('prompt_tokens'),
  op: z.enum(['gt', 'gte']),
  threshold: z.int().nonnegative(),
  /** cliff: the whole quantity at this rate; graduated: only the part of it beyond the threshold. */
  mode: z.enum(['cliff', 'graduated']).default('cliff'),
  rate: rateText,
});
const rate = z.union([
  rateText,
  z.strictObject({
    base: rateText,
    tiers: z.array(tier).optional(),
    /** The least quantity that is billed once anything is: Groq bills 10 seconds of audio. */
    minimum: z.int().positive().optional(),
  }),
]);
export type RateData = z.infer<typeof rate>;

const calendarWindow = z.strictObject({
  tz: z.string(),
  from: clock.default('00:00'),
  until: clock.default('24:00'),
  /** 1 is Monday, 7 Sunday, in the zone. */
  weekdays: z.array(z.int().min(1).max(7)).optional(),
  /** The name of a list in the file's `holidays` on whose days the window does not hold. */
  except_holidays: z.string().optional(),
});
export type CalendarWindow = z.infer<typeof calendarWindow>;

const provenance = {
  source: z.string().min(8),
  checked_at: day,
  note: z.string().optional(),
  /**
   * What of it nobody found in a source, and why it stands here all the same. Absent: `source` was
   * read and says so. It prices, and `prices show`, `prices check` and charge lines tell it.
   */
  unverified: z.string().min(20).optional(),
};
const interval = {
  valid_from: instant.optional(),
  valid_until: instant.optional(),
};

const priceEntry = z.strictObject({
  ...interval,
  /** plan: announced and not yet seen in force. It prices, and every line says so. */
  status: z.enum(['confirmed', 'plan']).default('confirmed'),
  when: when.optional(),
  calendar: z.array(calendarWindow).min(1).optional(),
  rates: z.partialRecord(usageKey, rate),
  ...provenance,
});
export type PriceEntryData = z.infer<typeof priceEntry>;

const multiplier = z.strictObject({
  id: z.string(),
  ...interval,
  when: when.optional(),
  factor,
  /** Which quantities: `tokens` (in_* and out_*), `all`, or named keys. */
  keys: z.union([z.enum(['tokens', 'all']), z.array(usageKey).min(1)]).default('tokens'),
  /** Model ids it is limited to, or that it spares; `gpt-5*` stands for all that begin so. */
  only: z.array(z.string()).optional(),
  except: z.array(z.string()).optional(),
  /** A discount of the customer: it lowers the cost and leaves the list price alone. */
  cost_only: z.boolean().default(false),
  ...provenance,
});
export type MultiplierData = z.infer<typeof multiplier>;

const alias = z.strictObject({
  alias: z.string(),
  to: z.string(),
  /** The provider at whose list `to` stands; absent, it is a name at the same provider. */
  provider: z.string().optional(),
  ...interval,
  ...provenance,
});
export type AliasData = z.infer<typeof alias>;

const model = z.strictObject({
  id: z.string(),
  /** Absent: only the id itself, or, in a later layer, more about a model of an earlier one. */
  match: matchRule.optional(),
  /** Why this layer sets the entries of the layers below aside. They stay on file. */
  withdraws: z.string().optional(),
  /** Why this model has no price of its own here and its name must not be matched further. */
  unpriced: z.string().optional(),
  prices: z.array(priceEntry).default([]),
});
export type ModelData = z.infer<typeof model>;

const fallback = z.strictObject({
  provider: z.string(),
  /** Whether batch, tier and region factors of that provider hold here too. */
  multipliers: z.boolean().default(false),
  /** Whether its fees for tools hold here too. */
  tools: z.boolean().default(false),
});

const providerBook = z.strictObject({
  provider: z.string(),
  name: z.string().optional(),
  /** Providers whose models are sold here at the same price, asked when no model here matches. */
  fallbacks: z.array(fallback).default([]),
  /** Values of a dimension that change nothing, such as inference_geo "global". */
  neutral: z.partialRecord(z.enum(CONTEXT_DIMENSIONS), z.array(z.string())).default({}),
  holidays: z.record(z.string(), z.array(day)).default({}),
  aliases: z.array(alias).default([]),
  multipliers: z.array(multiplier).default([]),
  /** Rates that hold for every known model of the provider: search and session fees. */
  tools: z.array(priceEntry).default([]),
  models: z.array(model).default([]),
});
export type ProviderBook = z.infer<typeof providerBook>;
export type ProviderBookInput = z.input<typeof providerBook>;

/** Prices, aliases and discounts that lie over the book: a tenant's contract. */
const overrideLayer = z.strictObject({
  version: z.string(),
  /** One per provider; `*` holds discounts for all of them. */
  providers: z.array(providerBook),
});
export type OverrideLayer = z.infer<typeof overrideLayer>;

/** A book that does not have the shape, in the words of the first few faults. */
export class PriceBookError extends Error {
  override readonly name = 'PriceBookError';
}

/** Checks one provider's file; throws PriceBookError naming the file, the field and what was wrong. */
export function parseProviderBook(value: unknown, where: string): ProviderBook {
  const result = providerBook.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || '(top)'}: ${issue.message}`);
  throw new PriceBookError(`price book ${where} is not valid: ${faults.join('; ')}`);
}
