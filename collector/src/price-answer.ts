// What `prices show` and `GET /api/v1/prices` answer: which entry prices a model at an instant, and everything its
// price may depend on. One shape for the command, the API and its documentation.
import { z } from 'zod';

export interface PriceQuestion {
  readonly model: string;
  /** As a span would tell it; null asks every provider of the book. */
  readonly provider: string | null;
  /** Nanoseconds since 1970. */
  readonly atNs: bigint;
}

const text = z.string();
const maybeText = z.string().nullable();

const TIER = z.object({
  metric: z.enum(['prompt_tokens', 'output_tokens']),
  op: z.enum(['gt', 'gte']),
  threshold: z.int(),
  mode: z.enum(['cliff', 'graduated']),
  amount_usd: text,
  per: z.int(),
});

const SOURCED = {
  price_id: text.describe('provider/model@from[conditions]: the entry, as charge lines name it.'),
  source: text,
  checked_at: text.describe('The day on which the price was compared with its source.'),
  note: maybeText,
  unverified: maybeText.describe(
    'What of it no source says, and why it is used; null: its source says it.',
  ),
};

const RATE = z.object({
  usage_key: text,
  amount_usd: text.describe('List price, for `per` units.'),
  per: z.int(),
  tiers: z.array(TIER),
  minimum: z.int().describe('The least quantity that is billed once anything is.'),
  billed_as: maybeText.describe('The bucket whose price this quantity is billed at, if another.'),
  is_plan: z.boolean().describe('Announced for this time, not yet seen in force.'),
  ...SOURCED,
});
export type PriceRate = z.infer<typeof RATE>;

const CONDITION = z.record(z.string(), z.unknown());

const CONDITIONAL = z.object({
  when: CONDITION.describe('Context the call must have for these rates.'),
  calendar: z.array(CONDITION),
  rates: z.record(z.string(), text),
  ...SOURCED,
});

const FACTOR = z.object({
  id: text,
  factor: text,
  when: CONDITION,
  keys: z.union([text, z.array(text)]),
  is_discount: z.boolean().describe("The customer's own: it lowers the cost, not the list price."),
  source: text,
  unverified: maybeText,
});

const OFFER = z.object({
  provider: text,
  model: text.describe("The book's id of the model."),
  alias_path: z.array(text).describe('What the asked name stood for at the instant, step by step.'),
  alias_unverified: maybeText.describe('What of the alias no source says; null: none, or sourced.'),
  deployment: maybeText.describe('The kind of deployment that the name itself tells.'),
  unpriced: maybeText.describe('Why the book has the model without a price.'),
  valid_from: maybeText.describe('The span around the instant in which this answer holds.'),
  valid_until: maybeText,
  rates: z.array(RATE),
  conditional: z.array(CONDITIONAL),
  factors: z.array(FACTOR),
});
export type PriceOffer = z.infer<typeof OFFER>;

export const PRICE_ANSWER = z.object({
  model: text,
  provider: maybeText,
  at: text,
  book_version: text,
  rows: z.array(OFFER).describe('One for each provider that knows the model; none: unknown.'),
  nearest: z.array(text).describe('Known names near to one that is unknown.'),
});
export type PriceAnswer = z.infer<typeof PRICE_ANSWER>;

/** What `prices check` found in a book. */
export interface BookReport {
  readonly book_version: string;
  /** The newest day on which one of its prices was compared with its source. */
  readonly checked_at: string;
  readonly files: number;
  readonly models: number;
  readonly rates: number;
  /** Prices, factors and aliases that stand in the book although no source says them. A warning. */
  readonly unverified: readonly { readonly where: string; readonly why: string }[];
  readonly findings: readonly {
    readonly where: string;
    readonly fault: string;
    readonly message: string;
  }[];
}
