/** Live charges of a range of starts, in the order of the ledger, so that memory does not grow with the range. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { liveEntries } from '../settle/difference.ts';
import { SealedDays } from '../settle/sealed-days.ts';
import { spanKey } from '../settle/settle-span.ts';
import { STORED_ENTRY_COLUMNS, type StoredEntry, toLedgerEntry } from '../settle/stored-entry.ts';
import { otherReadings } from './other-readings.ts';
import type { LiveCharge } from './reprice-entry.ts';

/** Starts in [fromNs, toNs), in nanoseconds since 1970; of one tenant, or of all. */
export interface RepriceRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly tenant: string | undefined;
}

/** Charges of one step, and how many others could not be looked at. */
export interface ChargeStep {
  readonly charges: readonly LiveCharge[];
  /** Their spans, which keep the other reading of their usage, have expired. */
  readonly withoutSpan: number;
  /** Several charges stand for one call, and repricings beside them: settle leaves one first. */
  readonly ambiguous: number;
  /** They are of days whose spans have expired: what those days came to is sealed. */
  readonly sealed: number;
}

const CHARGES_PER_STEP = 2_000;

export async function* liveCharges(store: Store, range: RepriceRange): AsyncGenerator<ChargeStep> {
  const days = await SealedDays.read(store, range);
  let step: LedgerEntry[][] = [];
  let sealed = 0;
  for await (const live of liveSpans(store, range)) {
    if (days.of(live[0]!.tenant, live[0]!.startNs) !== undefined) {
      sealed += live.filter(({ kind }) => kind === 'charge').length;
      continue;
    }
    if (step.length >= CHARGES_PER_STEP || (step[0] && step[0][0]!.tenant !== live[0]!.tenant)) {
      yield await withReadings(store, step);
      step = [];
    }
    step.push(live);
  }
  yield { ...(await withReadings(store, step)), sealed };
}

/** Live entries by span. A reversal or a repricing has the start of its charge, so all of a span stand together. */
async function* liveSpans(
  store: Store,
  { fromNs, toNs, tenant }: RepriceRange,
): AsyncGenerator<LedgerEntry[]> {
  const rows = store.queryStream<StoredEntry>(
    `SELECT ${STORED_ENTRY_COLUMNS} FROM ${store.database}.ledger
     WHERE start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
       AND start_time < fromUnixTimestamp64Nano({to:Int64}, 'UTC')
       ${tenant === undefined ? '' : 'AND tenant = {tenant:String}'}
     ORDER BY tenant, toDateTime(start_time), trace_id, span_id`,
    { from: String(fromNs), to: String(toNs), ...(tenant === undefined ? {} : { tenant }) },
    {
      timeoutMs: 3_600_000,
      settings: { max_threads: 1, max_bytes_before_external_sort: '300000000' },
    },
  );
  let own: LedgerEntry[] = [];
  for await (const row of rows) {
    const entry = toLedgerEntry(row);
    if (own.length > 0 && placeOf(own[0]!) !== placeOf(entry)) {
      yield* billed(own);
      own = [];
    }
    own.push(entry);
  }
  yield* billed(own);
}

function placeOf(entry: LedgerEntry): string {
  return `${entry.tenant}\n${entry.startNs / 1_000_000_000n}\n${spanKey(entry)}`;
}

/** Entries that bill nothing stay as they are. */
function* billed(entries: readonly LedgerEntry[]): Generator<LedgerEntry[]> {
  const live = liveEntries(entries).filter(({ kind, calls }) => kind === 'reprice' || calls !== 0n);
  if (live.some(({ kind }) => kind === 'charge')) {
    yield live;
  }
}

async function withReadings(store: Store, step: readonly LedgerEntry[][]): Promise<ChargeStep> {
  const charges = step.map((live) => live.filter(({ kind }) => kind === 'charge'));
  const readings = await otherReadings(store, charges.flat());
  const found: LiveCharge[] = [];
  let [withoutSpan, ambiguous] = [0, 0];
  for (const [i, live] of step.entries()) {
    const reprices = live.filter(({ kind }) => kind === 'reprice');
    if (charges[i]!.length > 1 && reprices.length > 0) {
      ambiguous += charges[i]!.length;
      continue;
    }
    for (const charge of charges[i]!) {
      const reading = readings.get(charge);
      if (reading === undefined) {
        withoutSpan++;
      } else {
        found.push({ charge, reprices, ...reading });
      }
    }
  }
  return { charges: found, withoutSpan, ambiguous, sealed: 0 };
}
