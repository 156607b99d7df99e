// Price terms and imports as people and programs get to see them: in the API's answers and on the command line.
import type { KeptImport, KeptTerms, PriceTerms } from './price-terms.ts';

interface Story {
  readonly id: string;
  readonly state: 'active' | 'planned' | 'ended' | 'removed';
  readonly created_at: string;
  readonly created_by: string;
  readonly removed_at: string | null;
}

export type PriceTermsRow = Story & PriceTerms & { readonly tenant: string };

export interface PriceImportRow extends Story {
  readonly type: 'import';
  readonly book_version: string;
  /** The newest day on which one of its prices was checked. */
  readonly checked_at: string;
  readonly age_days: number;
  /** Providers it stands in for, and those of which the shipped book is newer. */
  readonly in_force: readonly string[];
  readonly older: readonly string[];
}

const MS_PER_DAY = 86_400_000;

/** Whole days since a day in UTC; NaN for a text that is none. */
export function daysSince(day: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(`${day}T00:00:00Z`)) / MS_PER_DAY));
}

function stateOf({ terms, removedAt }: KeptTerms, now: Date): Story['state'] {
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
    in_force: inForce,
    older: kept.older,
    created_at: kept.createdAt,
    created_by: kept.createdBy,
    removed_at: removedAt,
  };
}
