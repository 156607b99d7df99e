/**
 * Price terms as control rows, and back. Terms are made by one row; later rows of the same id only
 * let them end sooner or take them back, so that every collector folds to the same.
 */
import type { KeptTerms, PriceTerms } from '../price-terms.ts';
import { priceTermsSchema } from '../price-terms.ts';
import { ERASED_PAYLOAD } from '../tenant-states.ts';

/** A row of the control state, as far as prices look at it. */
export type PriceRow = {
  readonly version: bigint;
  readonly recordedAt: string;
  readonly actor: string;
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly deleted: boolean;
};
export type PriceChange = Omit<PriceRow, 'version' | 'recordedAt'>;

/** The control state, as far as prices need it. */
export type PriceState = {
  /** Grows whenever a row was learned. */
  readonly revision: number;
  /** Every row, by version. */
  history(): readonly PriceRow[];
  append(changes: readonly PriceChange[]): Promise<void>;
};

export const TERMS_KIND = 'price_terms';

export function termsChange(actor: string, kept: Omit<KeptTerms, TermsStory>): PriceChange {
  const { id, tenant, terms } = kept;
  const payload = JSON.stringify(terms);
  return { actor, tenant, kind: TERMS_KIND, id, payload, deleted: false };
}
type TermsStory = 'createdAt' | 'createdBy' | 'removedAt';

export function removedTermsChange(actor: string, kept: KeptTerms): PriceChange {
  return { ...termsChange(actor, kept), deleted: true };
}

function readTerms(payload: string): PriceTerms | undefined {
  try {
    return priceTermsSchema.safeParse(JSON.parse(payload)).data;
  } catch {
    // A later version may write what this one cannot read; its caller counts such rows.
    return undefined;
  }
}

export type FoldedTerms = {
  readonly terms: ReadonlyMap<string, KeptTerms>;
  /** Rows that this version cannot read. */
  readonly unreadable: readonly PriceRow[];
};

function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/** The terms that rows amount to, taken-back ones included, in the order in which they were made. */
export function foldTerms(rows: readonly PriceRow[]): FoldedTerms {
  const terms = new Map<string, KeptTerms>();
  const unreadable: PriceRow[] = [];
  for (const row of rows) {
    if (row.kind !== TERMS_KIND || row.payload === ERASED_PAYLOAD) continue;
    const told = readTerms(row.payload);
    if (told === undefined) {
      unreadable.push(row);
      continue;
    }
    const known = terms.get(row.id);
    if (known === undefined) terms.set(row.id, firstKept(row, told));
    else if (known.tenant === row.tenant) terms.set(row.id, changeKept(known, row, told));
  }
  return { terms, unreadable };
}

function firstKept(row: PriceRow, terms: PriceTerms): KeptTerms {
  return {
    id: row.id,
    tenant: row.tenant,
    terms,
    createdAt: row.recordedAt,
    createdBy: row.actor,
    removedAt: row.deleted ? row.recordedAt : null,
  };
}

function changeKept(known: KeptTerms, row: PriceRow, told: PriceTerms): KeptTerms {
  const valid_until = earlier(known.terms.valid_until, told.valid_until);
  const removedAt = earlier(known.removedAt, row.deleted ? row.recordedAt : null);
  return { ...known, terms: { ...known.terms, valid_until }, removedAt };
}
