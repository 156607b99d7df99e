/**
 * Which price book holds for which tenant: the shipped book, an imported one where that is newer,
 * and over both the tenant's own terms. Rebuilt when the control state has learned something;
 * between, asking costs a comparison. Invariant: a tenant's terms are in no other tenant's book, and
 * a row that cannot be read is told once and left out, never a reason to stop pricing.
 */
import type { KeptImport, KeptTerms } from '../price-terms.ts';
import type { OverrideLayer } from './book-schema.ts';
import { compileProvider } from './compile-book.ts';
import {
  IMPORT_KIND,
  type ImportedBook,
  layersWith,
  standsInFor,
  unpackImport,
} from './import-book.ts';
import type { ShippedBook } from './load-book.ts';
import { PriceBook } from './price-book.ts';
import { tenantLayer } from './tenant-layer.ts';
import { foldTerms, type PriceRow, type PriceState, TERMS_KIND } from './term-rows.ts';

export type TenantBooksDeps = {
  readonly state: Pick<PriceState, 'revision' | 'history'>;
  readonly shipped: ShippedBook;
  /** A row that this version cannot use. */
  readonly onUnusable: (row: { kind: string; id: string; tenant: string }, error: unknown) => void;
  /** Imports that were unpacked before, by row id; undefined is unusable. */
  readonly unpacked?: Map<string, ImportedBook | undefined>;
};

type HeldImport = { readonly row: PriceRow; readonly book: ImportedBook };

export class TenantBooks {
  readonly #deps: TenantBooksDeps;
  readonly #shippedBook: PriceBook;
  #revision = -1;
  #base: PriceBook;
  #imports: readonly KeptImport[] = [];
  #inForce: HeldImport | undefined;
  #terms: ReadonlyMap<string, KeptTerms> = new Map();
  #byTenant = new Map<string, KeptTerms[]>();
  #books = new Map<
    string,
    { readonly base: PriceBook; readonly version: string; readonly book: PriceBook }
  >();
  /** Tenants whose book is settled since the last change. */
  #current = new Map<string, PriceBook>();
  readonly #told = new Set<string>();
  /** A book is unpacked and checked once. */
  readonly #unpacked: Map<string, ImportedBook | undefined>;
  #rows: readonly PriceRow[] = [];
  /** By tenant and version. */
  #past = new Map<string, PriceBook | undefined>();

  constructor(deps: TenantBooksDeps) {
    this.#deps = deps;
    this.#unpacked = deps.unpacked ?? new Map();
    const { layers, digest } = deps.shipped;
    this.#shippedBook = new PriceBook(layers, digest.version);
    this.#base = this.#shippedBook;
  }

  /** The book of a tenant as of what the control state knows now. */
  bookFor(tenant: string): PriceBook {
    this.#catchUp();
    const known = this.#current.get(tenant);
    if (known !== undefined) return known;
    const book = this.#buildFor(tenant);
    this.#current.set(tenant, book);
    return book;
  }

  /**
   * The book that a recorded version names, so that what was charged by it can be computed again.
   * Undefined where it cannot be made here any more: its base shipped with another release.
   */
  bookOf(tenant: string, version: string): PriceBook | undefined {
    const current = this.bookFor(tenant);
    if (current.version === version) return current;
    const key = `${tenant} ${version}`;
    if (!this.#past.has(key)) this.#past.set(key, this.#findPast(tenant, version));
    return this.#past.get(key);
  }

  /** Rows are never forgotten, so every earlier state is a beginning of them. */
  #findPast(tenant: string, version: string): PriceBook | undefined {
    const { shipped } = this.#deps;
    if (!version.startsWith(shipped.digest.version)) return undefined;
    const rows = this.#rows.filter((row) => row.tenant === tenant || row.kind === IMPORT_KIND);
    for (let count = rows.length - 1; count >= 0; count--) {
      const state = { revision: count, history: () => rows.slice(0, count) };
      const unpacked = this.#unpacked;
      const past = new TenantBooks({ state, shipped, onUnusable: () => undefined, unpacked });
      const book = past.bookFor(tenant);
      if (book.version === version) return book;
    }
    return undefined;
  }

  /** The book below every tenant's terms. */
  get base(): PriceBook {
    this.#catchUp();
    return this.#base;
  }

  /** All terms of all tenants, those that were taken back included, in the order they were made. */
  get terms(): ReadonlyMap<string, KeptTerms> {
    this.#catchUp();
    return this.#terms;
  }

  get imports(): readonly KeptImport[] {
    this.#catchUp();
    return this.#imports;
  }

  /** The newest day on which a price in force was checked against its source: the book's age. */
  get checkedAt(): string {
    this.#catchUp();
    const days = Object.values(this.#deps.shipped.digest.checked_at);
    if (this.#inForce !== undefined) days.push(...this.#inForce.book.checkedAt.values());
    return days.sort().at(-1) ?? '';
  }

  #catchUp(): void {
    const { state } = this.#deps;
    if (state.revision === this.#revision) return;
    this.#revision = state.revision;
    const rows = state.history().filter(({ kind }) => kind === TERMS_KIND || kind === IMPORT_KIND);
    // Rows are never forgotten or changed, so the same number is the same rows.
    if (rows.length === this.#rows.length) return;
    this.#rows = rows;
    this.#past = new Map();
    this.#takeTerms(rows);
    this.#takeImports(rows.filter(({ kind }) => kind === IMPORT_KIND));
    this.#current = new Map();
  }

  #takeTerms(rows: readonly PriceRow[]): void {
    const { terms, unreadable } = foldTerms(rows);
    for (const row of unreadable) this.#tell(row, new Error('the payload has another shape'));
    this.#terms = terms;
    this.#byTenant = new Map();
    for (const kept of terms.values()) {
      if (kept.removedAt !== null) continue;
      const own = this.#byTenant.get(kept.tenant) ?? [];
      own.push(kept);
      this.#byTenant.set(kept.tenant, own);
    }
  }

  #takeImports(rows: readonly PriceRow[]): void {
    const removed = new Map<string, string>();
    for (const row of rows) if (row.deleted) removed.set(row.id, row.recordedAt);
    const made = new Map(rows.filter(({ deleted }) => !deleted).map((row) => [row.id, row]));
    const held = [...made.values()].flatMap((row): HeldImport[] => {
      const book = this.#unpack(row);
      return book === undefined ? [] : [{ row, book }];
    });
    const newest = held.filter(({ row }) => !removed.has(row.id)).at(-1);
    this.#imports = held.map((one) => this.#describe(one, removed.get(one.row.id), one === newest));
    if (newest?.row.id === this.#inForce?.row.id) return;
    this.#inForce = newest;
    const { shipped } = this.#deps;
    this.#base =
      newest === undefined
        ? this.#shippedBook
        : new PriceBook(
            layersWith(newest.book, shipped),
            `${shipped.digest.version}+${newest.book.version}`,
          );
  }

  #describe(
    { row, book }: HeldImport,
    removedAt: string | undefined,
    isNewest: boolean,
  ): KeptImport {
    const { inForce, older } = standsInFor(book, this.#deps.shipped);
    return {
      id: row.id,
      version: book.version,
      checkedAt: [...book.checkedAt.values()].sort().at(-1) ?? '',
      inForce: isNewest ? inForce : [],
      older,
      createdAt: row.recordedAt,
      createdBy: row.actor,
      removedAt: removedAt ?? null,
    };
  }

  #unpack(row: PriceRow): ImportedBook | undefined {
    if (this.#unpacked.has(row.id)) return this.#unpacked.get(row.id);
    let book: ImportedBook | undefined;
    try {
      book = unpackImport(row.payload);
      for (const { books } of book.layers) for (const file of books.values()) compileProvider(file);
    } catch (error) {
      book = undefined;
      this.#tell(row, error);
    }
    this.#unpacked.set(row.id, book);
    return book;
  }

  #buildFor(tenant: string): PriceBook {
    const own = this.#byTenant.get(tenant);
    if (own === undefined) return this.#base;
    const layer = this.#usableLayer(own);
    if (layer.providers.length === 0) return this.#base;
    const before = this.#books.get(tenant);
    // Its memo of settled rates is worth keeping through changes that are none for this tenant.
    if (before?.base === this.#base && before.version === layer.version) return before.book;
    const book = this.#base.withOverrides(layer);
    this.#books.set(tenant, { base: this.#base, version: layer.version, book });
    return book;
  }

  #usableLayer(own: readonly KeptTerms[]): OverrideLayer {
    const usable = own.filter((kept) => {
      try {
        for (const file of tenantLayer([kept]).providers) compileProvider(file);
        return true;
      } catch (error) {
        this.#tell({ kind: TERMS_KIND, id: kept.id, tenant: kept.tenant }, error);
        return false;
      }
    });
    return tenantLayer(usable);
  }

  #tell(row: { kind: string; id: string; tenant: string }, error: unknown): void {
    if (this.#told.has(row.id)) return;
    this.#told.add(row.id);
    this.#deps.onUnusable({ kind: row.kind, id: row.id, tenant: row.tenant }, error);
  }
}
