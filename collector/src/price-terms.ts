// The nouns of a customer's own price terms: aliases, rates and discounts of one tenant, and imports of a newer book.
// Invariant: terms are data, never edited; whoever asks for one says who they are, and a tenant sees its own only.
import { z } from 'zod';
import type { KeyActor } from './access.ts';
import type { PriceAnswer, PriceQuestion } from './price-answer.ts';

const NAME_CHARS_MAX = 512;
const name = z.string().trim().min(1).max(NAME_CHARS_MAX);

/** Half-open, in calls' starts: RFC 3339 in UTC to the second. Null is open. */
const inForce = {
  valid_from: z.string().nullable().default(null),
  valid_until: z.string().nullable().default(null),
  /** Why; it also vouches for a rate ten times the list's. */
  note: z.string().max(500).nullable().default(null),
};

const aliasTerms = z.strictObject({
  type: z.literal('alias'),
  /** What spans say: a deployment, an application inference profile's ARN, a gateway's name. */
  name,
  /** `provider/model`: whose list prices it, with the tenant's own terms there. */
  target: name,
  /** The provider that spans tell with the name; null is any. */
  provider: name.nullable().default(null),
  ...inForce,
});

const rateTerms = z.strictObject({
  type: z.literal('rates'),
  provider: name,
  model: name,
  /** Usage key → USD per units, such as `in_uncached: "1.25/M"`. */
  rates: z.record(z.string(), z.string()),
  /** Conditions under which they hold, such as `service_tier: "priority"`. */
  when: z.record(z.string(), z.string()).default({}),
  ...inForce,
});

const discountTerms = z.strictObject({
  type: z.literal('discount'),
  /** The share that is taken off the list price: `0.05` is 5 %. */
  discount: z.string(),
  provider: name.nullable().default(null),
  model: name.nullable().default(null),
  ...inForce,
});

/** Each kind of terms; what else a row tells of them is added to each. */
export const PRICE_TERMS = [aliasTerms, rateTerms, discountTerms] as const;

export const priceTermsSchema = z.discriminatedUnion('type', PRICE_TERMS);
export type PriceTerms = z.output<typeof priceTermsSchema>;

const TENANT_OF_TERMS = z
  .string()
  .nullable()
  .default(null)
  .describe("Absent: the key's own; another one needs the scope operator.");

/** The body of `POST /api/v1/admin/prices/overrides`. */
export const ADD_TERMS_BODY = z.strictObject({ tenant: TENANT_OF_TERMS, terms: priceTermsSchema });

export const PRICE_BOOK_FORMAT = 'aicost-price-book-1';
const LAYERS_MAX = 4;

/** A newer price book in one file, the layers the most binding first. */
export const PRICE_BOOK_FILE = z.strictObject({
  format: z.literal(PRICE_BOOK_FORMAT),
  layers: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9_-]{1,32}$/),
        providers: z.array(z.unknown()).describe('One file of the book for each provider.'),
      }),
    )
    .min(1)
    .max(LAYERS_MAX),
});

/** Terms as they are kept: who made them for which tenant, and whether they still hold. */
export interface KeptTerms {
  readonly id: string;
  readonly tenant: string;
  readonly terms: PriceTerms;
  readonly createdAt: string;
  readonly createdBy: string;
  /** When they were taken back, as if they had never been; null while they stand. */
  readonly removedAt: string | null;
}

/** A newer price book that was brought in for all tenants. */
export interface KeptImport {
  readonly id: string;
  readonly version: string;
  /** The newest day on which one of its prices was checked against its source. */
  readonly checkedAt: string;
  /** Providers that it stands in for, and those of which the shipped book is newer. */
  readonly inForce: readonly string[];
  readonly older: readonly string[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly removedAt: string | null;
}

/** What can be done with price terms; the same stands behind the API and the command line. */
export interface PriceOperations {
  /** The answer of `GET /api/v1/prices`, by the book of one tenant. */
  show(tenant: string, question: PriceQuestion): Promise<PriceAnswer>;
  /** Terms the actor may see, oldest first, taken-back ones included; `tenant` narrows an operator's list. */
  list(actor: KeyActor, tenant: string | null): readonly KeptTerms[];
  imports(actor: KeyActor): readonly KeptImport[];
  /** @throws Problem parameter_invalid naming field, value and what was expected; scope_missing */
  add(actor: KeyActor, tenant: string | null, terms: PriceTerms): Promise<KeptTerms>;
  /** Takes terms back, or, with an instant, lets them end then. @throws Problem not_found */
  remove(actor: KeyActor, id: string, at: string | null): Promise<KeptTerms | KeptImport>;
  /** Checks and takes a book. @throws Problem parameter_invalid with the findings, body_too_large */
  importBook(actor: KeyActor, value: unknown): Promise<KeptImport>;
}
