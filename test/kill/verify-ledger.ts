/**
 * The ledger, span by span: entries that are there once, reversals that pair up, one charge that stands where one must,
 * at the prices it was charged by, and with its repricings the cost at the prices of now.
 */
import { expectCharge } from './expected-charge.ts';
import {
  BILL_FACTS,
  billFacts,
  chargeFigures,
  figureDifference,
  type LedgerRow,
  readLedger,
} from './ledger-rows.ts';
import { PRICE_VARIANTS, type PriceVariant } from './price-variants.ts';
import { type Bill, isStored, type SentSpan } from './sent-spans.ts';
import { nameOf, type RowCheck } from './verify-rows.ts';
import type { PricesNow } from './verify-sums.ts';

/** Entries by kind; `settled` are the charges that settle made. */
export interface EntryCounts {
  charge: number;
  reversal: number;
  reprice: number;
  settled: number;
}

export class LedgerCheck {
  readonly counts: EntryCounts = { charge: 0, reversal: 0, reprice: 0, settled: 0 };
  private readonly check: RowCheck;
  private readonly prices: PricesNow;
  private readonly ids = new Set<string>();
  private readonly billed = new Set<SentSpan>();
  /** By tenant, book version and model: the price variants that explain every charge made by it so far. */
  private readonly variants = new Map<string, readonly PriceVariant[]>();

  constructor(check: RowCheck, prices: PricesNow) {
    this.check = check;
    this.prices = prices;
  }

  /** Reads the whole ledger. The spans must have been counted before. */
  async run(): Promise<EntryCounts> {
    const { store, book, differ } = this.check;
    let own: LedgerRow[] = [];
    for await (const row of readLedger(store)) {
      this.count(row);
      if (own.length > 0 && placeOf(own[0]!) !== placeOf(row)) {
        this.checkSpan(own);
        own = [];
      }
      own.push(row);
    }
    if (own.length > 0) {
      this.checkSpan(own);
    }
    for (const span of book.all()) {
      if (span.bill !== undefined && isStored(span) && !this.billed.has(span)) {
        differ(`${nameOf(span)} has no entry; as ${span.bill.role} it wants one`);
      }
    }
    return this.counts;
  }

  private count({ facts }: LedgerRow): void {
    const { kind, entry_id: id, note } = facts;
    if (kind === 'charge' || kind === 'reversal' || kind === 'reprice') {
      this.counts[kind]++;
    }
    this.counts.settled += kind === 'charge' && note === 'settle' ? 1 : 0;
    if (this.ids.has(id)) {
      this.check.differ(`the entry ${id} is in the ledger twice`);
    }
    this.ids.add(id);
  }

  private checkSpan(rows: readonly LedgerRow[]): void {
    const { book, differ } = this.check;
    const { tenant, trace_id: traceId, span_id: spanId, session, start_ns } = rows[0]!.facts;
    const span = book.findRow({ tenant, traceId, spanId, session, startNs: start_ns });
    if (span === undefined) {
      differ(`the ledger bills ${placeOf(rows[0]!)}, which was never sent`);
      return;
    }
    this.billed.add(span);
    const wrong = (what: string) => differ(`${nameOf(span)}: ${what}`);
    const live = liveRows(rows, wrong);
    const charges = live.filter(({ facts }) => facts.kind === 'charge');
    const bill = isStored(span) ? span.bill : undefined;
    const wanted = bill === undefined ? 0 : 1;
    if (charges.length !== wanted) {
      const found = live.map(({ facts }) => `${facts.kind} ${facts.entry_id} as ${facts.role}`);
      wrong(`expected ${wanted} standing charges, found ${charges.length} (${found.join(', ')})`);
    }
    if (bill !== undefined && charges[0] !== undefined) {
      this.checkCharge(charges[0], { tenant, bill }, wrong);
      this.checkStanding(live, { tenant, bill }, wrong);
    }
    // Whatever was undone and done again: the sum of all entries is what stands.
    const difference = figureDifference(sumOf(live), sumOf(rows));
    if (difference !== '') {
      wrong(`all entries do not sum to those that stand: ${difference}`);
    }
  }

  /** As billed: by the terms that were in force when it was charged. */
  private checkCharge(
    { facts, figures }: LedgerRow,
    { tenant, bill }: { tenant: string; bill: Bill },
    wrong: (what: string) => void,
  ): void {
    const [told, wanted] = [BILL_FACTS.map((name) => facts[name]), billFacts(bill)];
    if (told.join('\n') !== wanted.join('\n')) {
      wrong(`expected an entry of ${wanted.join(', ')}; found ${told.join(', ')}`);
    }
    const version = `${tenant}, ${facts.book_version}, ${bill.model}`;
    const possible = this.variants.get(version) ?? PRICE_VARIANTS;
    const differences = new Map(
      possible.map((variant) => {
        const expected = chargeFigures(expectCharge(this.prices.book, bill, variant));
        return [variant, figureDifference(expected, figures)];
      }),
    );
    const fitting = possible.filter((variant) => differences.get(variant) === '');
    if (fitting.length === 0) {
      const all = [...differences].map(([variant, difference]) => `${variant}: ${difference}`);
      wrong(`charged by book ${facts.book_version}, which no terms explain: ${all.join(' | ')}`);
      return;
    }
    this.variants.set(version, fitting);
  }

  /** As known now: the charge and its repricings, by the terms of now. */
  private checkStanding(
    live: readonly LedgerRow[],
    { tenant, bill }: { tenant: string; bill: Bill },
    wrong: (what: string) => void,
  ): void {
    const expected = expectCharge(this.prices.book, bill, this.prices.variantOf(tenant));
    const figures = new Map(sumOf([{ figures: chargeFigures(expected) }]));
    const difference = figureDifference(figures, sumOf(live));
    if (difference !== '') {
      wrong(`with ${live.length - 1} repricings: ${difference}`);
    }
  }
}

function placeOf({ facts }: LedgerRow): string {
  return `${facts.tenant}/${facts.trace_id}/${facts.span_id}`;
}

/** Charges and repricings that no reversal undoes. Each reversal must be the exact negative of one entry. */
function liveRows(rows: readonly LedgerRow[], wrong: (what: string) => void): LedgerRow[] {
  const open = new Map(
    rows
      .filter(({ facts }) => facts.kind === 'charge' || facts.kind === 'reprice')
      .map((row) => [row.facts.entry_id, row]),
  );
  for (const reversal of rows.filter(({ facts }) => facts.kind === 'reversal')) {
    const { reverses, entry_id: id } = reversal.facts;
    const undone = open.get(reverses);
    if (undone === undefined) {
      wrong(`the reversal ${id} undoes ${reverses}, which is not there or undone already`);
      continue;
    }
    open.delete(reverses);
    const same = BILL_FACTS.every((name) => undone.facts[name] === reversal.facts[name]);
    const negative = new Map([...undone.figures].map(([name, value]) => [name, -value!]));
    const difference = figureDifference(negative, reversal.figures);
    if (!same || difference !== '') {
      wrong(`the reversal ${id} is not the negative of ${reverses}: ${difference || 'its facts'}`);
    }
  }
  return [...open.values()];
}

/** Sums by figure; a sum of nothing, and one that comes to 0, is absent. */
function sumOf(rows: readonly Pick<LedgerRow, 'figures'>[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { figures } of rows) {
    for (const [name, value] of figures) {
      sums.set(name, (sums.get(name) ?? 0n) + value!);
    }
  }
  return new Map([...sums].filter(([, sum]) => sum !== 0n));
}
