// Price terms and imports as people and programs get to see them: in the API's answers and on the command line.
import { z } from 'zod';
import { type KeptImport, type KeptTerms, PRICE_TERMS } from './price-terms.ts';

const STORY = {
  id: z.string(),
  state: z.enum(['active', 'planned', 'ended', 'removed']),
  created_at: z.string(),
  created_by: z.string(),
  removed_at: z.string().nullable(),
};
type State = z.output<typeof STORY.state>;

const OF_TENANT = { ...STORY, tenant: z.string() };
const [aliasTerms, rateTerms, discountTerms] = PRICE_TERMS;

/** Terms of a tenant. */
export const PRICE_TERMS_ROW = z.discriminatedUnion('type', [
  aliasTerms.extend(OF_TENANT),
  rateTerms.extend(OF_TENANT),
  discountTerms.extend(OF_TENANT),
]);
export type PriceTermsRow = z.output<typeof PRICE_TERMS_ROW>;

/** A newer book that was brought in. */
export const PRICE_IMPORT_ROW = z.object({
  ...STORY,
  type: z.literal('import'),
  book_version: z.string(),
  checked_at: z.string().describe('The newest day on which one of its prices was checked.'),
  age_days: z.int(),
  in_force: z.array(z.string()).describe('Providers it stands in for.'),
  older: z.array(z.string()).describe('Providers of which the shipped book is newer.'),
});
export type PriceImportRow = z.output<typeof PRICE_IMPORT_ROW>;

const MS_PER_DAY = 86_400_000;

/** Whole days since a day in UTC; NaN for a text that is none. */
export function daysSince(day: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(`${day}T00:00:00Z`)) / MS_PER_DAY));
}

function stateOf({ terms, removedAt }: KeptTerms, now: Date): State {
  if (removedAt !== null) return 'removed';
  const isAfter = (instant: string | null) =>
    instant !== null && Date.parse(instant) <= now.getTime();
  if (isAfter(terms.valid_until)) return 'ended';
  return terms.valid_from === null || isAfter(terms.valid_from) ? 'active' : 'planned';
}

export function toTermsRow(kept: KeptTerms, now: Date): PriceTermsRow {
  return {
    id: kept.id,
    tenant: kept.tenant,
    state: stateOf(kept, now),
    ...kept.terms,
    created_at: kept.createdAt,
    created_by: kept.createdBy,
    removed_at: kept.removedAt,
  };
}

export function toImportRow(kept: KeptImport, now: Date): PriceImportRow {
  const { removedAt, inForce } = kept;
  return {
    id: kept.id,
    type: 'import',
    state: removedAt !== null ? 'removed' : inForce.length > 0 ? 'active' : 'ended',
    book_version: kept.version,
    checked_at: kept.checkedAt,
    age_days: daysSince(kept.checkedAt, now),
    in_force: [...inForce],
    older: [...kept.older],
    created_at: kept.createdAt,
    created_by: kept.createdBy,
    removed_at: removedAt,
  };
}
