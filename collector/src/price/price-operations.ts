/**
 * Price terms and imports, with the rules of who may do it for whom.
 * Invariants: an actor without `operator` stays inside its tenant, another tenant's terms look like
 * none; nothing enters the control state that the price book could not use.
 */
import type { KeyActor } from '../access.ts';
import { tenantNameSchema } from '../access.ts';
import type { KeptImport, KeptTerms, PriceOperations, PriceTerms } from '../price-terms.ts';
import { Problem } from '../problems.ts';
import { PriceBookError } from './book-schema.ts';
import type { BookFinding } from './check-book.ts';
import { bookInstant, checkOverlaps, checkTerms, settleTerms, wrong } from './check-terms.ts';
import {
  checkImport,
  IMPORT_KIND,
  IMPORT_PAYLOAD_CHARS_MAX,
  packImport,
  readImport,
  standsInFor,
} from './import-book.ts';
import type { ShippedBook } from './load-book.ts';
import { showPrice } from './show-price.ts';
import type { TenantBooks } from './tenant-books.ts';
import { type PriceState, removedTermsChange, termsChange } from './term-rows.ts';

export type PriceOperationsDeps = {
  readonly state: PriceState;
  readonly books: TenantBooks;
  readonly shipped: ShippedBook;
  readonly now: () => Date;
  readonly randomBytes: (size: number) => Uint8Array;
};

/** More is no contract; each is asked for at every price that is settled. */
const TERMS_MAX = 5000;
const ID_BYTES = 6;
const FINDINGS_SHOWN = 10;

export function createPriceOperations(deps: PriceOperationsDeps): PriceOperations {
  return {
    show: (tenant, question) => showPrice(deps.books.bookFor(tenant), question),
    list: (actor, tenant) => list(deps, actor, tenant),
    imports: (actor) => (isOperator(actor) ? deps.books.imports : []),
    add: (actor, tenant, terms) => add(deps, actor, { tenant, terms }),
    remove: (actor, id, at) => remove(deps, actor, { id, at }),
    importBook: (actor, value) => importBook(deps, actor, value),
  };
}

const isOperator = (actor: KeyActor): boolean => actor.scopes.has('operator');

function tenantFor(actor: KeyActor, asked: string | null): string {
  const name = asked ?? actor.tenant ?? '';
  const tenant = tenantNameSchema.safeParse(name);
  if (!tenant.success) throw wrong('tenant', name, 'the name of a tenant');
  if (!isOperator(actor) && tenant.data !== actor.tenant) {
    throw new Problem('scope_missing', 'Price terms of another tenant need the scope operator.');
  }
  return tenant.data;
}

function list(
  { books }: PriceOperationsDeps,
  actor: KeyActor,
  asked: string | null,
): readonly KeptTerms[] {
  const all = [...books.terms.values()];
  if (asked === null && isOperator(actor)) return all;
  const tenant = tenantFor(actor, asked);
  return all.filter((kept) => kept.tenant === tenant);
}

function newId({ randomBytes }: PriceOperationsDeps, prefix: string): string {
  return `${prefix}_${Buffer.from(randomBytes(ID_BYTES)).toString('hex')}`;
}

const nowNs = ({ now }: PriceOperationsDeps): bigint => BigInt(now().getTime()) * 1_000_000n;

async function add(
  deps: PriceOperationsDeps,
  actor: KeyActor,
  asked: { readonly tenant: string | null; readonly terms: PriceTerms },
): Promise<KeptTerms> {
  const { books, state } = deps;
  const tenant = tenantFor(actor, asked.tenant);
  const terms = checkTerms(settleTerms(asked.terms), books.bookFor(tenant), nowNs(deps));
  const own = [...books.terms.values()].filter((kept) => kept.tenant === tenant);
  checkOverlaps(terms, own);
  if (own.filter(({ removedAt }) => removedAt === null).length >= TERMS_MAX) {
    const detail = `Tenant ${tenant} has ${TERMS_MAX} price terms, which is the limit; remove some.`;
    throw new Problem('parameter_invalid', detail);
  }
  const id = newId(deps, 'terms');
  await state.append([termsChange(actor.name, { id, tenant, terms })]);
  return foundTerms(books, id);
}

function foundTerms(books: TenantBooks, id: string): KeptTerms {
  const kept = books.terms.get(id);
  if (kept === undefined) throw new Problem('internal');
  return kept;
}

async function remove(
  deps: PriceOperationsDeps,
  actor: KeyActor,
  { id, at }: { readonly id: string; readonly at: string | null },
): Promise<KeptTerms | KeptImport> {
  const { books, state } = deps;
  const imported = isOperator(actor) ? books.imports.find((one) => one.id === id) : undefined;
  if (imported !== undefined) return removeImport(deps, actor, { imported, at });
  const kept = books.terms.get(id);
  if (kept === undefined || !(isOperator(actor) || kept.tenant === actor.tenant)) {
    const shown = JSON.stringify(id.slice(0, 64));
    throw new Problem(
      'not_found',
      `There are no price terms ${shown}; list them to see their ids.`,
    );
  }
  if (kept.removedAt !== null) return kept;
  if (at === null) {
    await state.append([removedTermsChange(actor.name, kept)]);
    return foundTerms(books, id);
  }
  const { valid_from, valid_until } = kept.terms;
  const end = bookInstant('at', at);
  if ((valid_from !== null && end <= valid_from) || (valid_until !== null && end > valid_until)) {
    const span = `after ${valid_from ?? 'any time'} and up to ${valid_until ?? 'any time'}`;
    throw wrong(
      'at',
      at,
      `an instant inside the terms, ${span}; without one they are taken back whole`,
    );
  }
  const ended = { ...kept, terms: { ...kept.terms, valid_until: end } };
  await state.append([termsChange(actor.name, ended)]);
  return foundTerms(books, id);
}

async function removeImport(
  { books, state }: PriceOperationsDeps,
  actor: KeyActor,
  { imported, at }: { readonly imported: KeptImport; readonly at: string | null },
): Promise<KeptImport> {
  if (at !== null) throw wrong('at', at, 'nothing: an imported book is taken back whole');
  const { id } = imported;
  if (imported.removedAt === null) {
    const row = { actor: actor.name, tenant: '', kind: IMPORT_KIND, id, payload: '{}' };
    await state.append([{ ...row, deleted: true }]);
  }
  return books.imports.find((one) => one.id === id) ?? imported;
}

async function importBook(
  deps: PriceOperationsDeps,
  actor: KeyActor,
  value: unknown,
): Promise<KeptImport> {
  const { books, shipped, state } = deps;
  if (!isOperator(actor)) {
    throw new Problem(
      'scope_missing',
      'A price book is for all tenants: importing one needs the scope operator.',
    );
  }
  checkFile(value, shipped);
  const payload = packImport(value);
  if (payload.length > IMPORT_PAYLOAD_CHARS_MAX) {
    const detail = `The price book is ${payload.length} characters packed; at most ${IMPORT_PAYLOAD_CHARS_MAX} are taken. Leave out providers that are not used.`;
    throw new Problem('body_too_large', detail);
  }
  const id = newId(deps, 'book');
  const row = { actor: actor.name, tenant: '', kind: IMPORT_KIND, id, payload, deleted: false };
  await state.append([row]);
  const kept = books.imports.find((one) => one.id === id);
  if (kept === undefined) throw new Problem('internal');
  return kept;
}

function checkFile(value: unknown, shipped: ShippedBook): void {
  let findings: BookFinding[];
  try {
    const imported = readImport(value);
    findings = checkImport(imported, shipped);
    if (findings.length === 0 && standsInFor(imported, shipped).inForce.length === 0) {
      throw new Problem(
        'parameter_invalid',
        'The shipped book is newer for every provider in the file; nothing would change.',
      );
    }
  } catch (error) {
    if (!(error instanceof PriceBookError)) throw error;
    throw new Problem('parameter_invalid', `${error.message}.`, { cause: error });
  }
  if (findings.length === 0) return;
  const shown = findings
    .slice(0, FINDINGS_SHOWN)
    .map(({ where, message }) => `${where}: ${message}`);
  const more =
    findings.length > FINDINGS_SHOWN ? `; and ${findings.length - FINDINGS_SHOWN} more` : '';
  throw new Problem('parameter_invalid', `The price book has faults. ${shown.join('; ')}${more}.`);
}
