/**
 * Verify: spans, ledger and rollups tell the same, to the last digit, or the first difference is told with its
 * likely cause. Rows may keep arriving meanwhile. The targets of one batch are not filled at the same instant, so a
 * difference counts only when it is still there after everything that had come in was stored.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { SealedDays } from '../settle/sealed-days.ts';
import type { PriceNow } from '../settle/standing-amounts.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import { checkStep, type StepResult, traceSteps } from './check-traces.ts';
import { findDayTotalDifference } from './day-total-differences.ts';
import { findOrphanEntry, findTraceDifference } from './orphan-differences.ts';
import {
  type Checked,
  type Difference,
  Skipped,
  type VerifyProgress,
  type VerifyReport,
} from './report.ts';
import { findReversalDifference } from './reversal-differences.ts';
import { findRollupDifference } from './rollup-differences.ts';
import { findSealedDifference, type SealedDayResult } from './sealed-differences.ts';

export interface VerifyDeps {
  readonly store: Store;
  readonly price: PriceNow;
  readonly rulesVersion: string;
  /** Every span received up to here was settled: nanoseconds since 1970. */
  readonly settledThroughNs: () => Promise<bigint>;
  /** Resolves when every row that came in until now is stored. */
  readonly stored: () => Promise<void>;
}

/**
 * While rows keep arriving in the same place, each look may see another half-filled batch; none takes this many
 * looks.
 */
const LOOKS_MAX = 20;

interface Day {
  day: string;
  spans: string;
  entries: string;
}

/** Yields after each day; returns the report. Rejects with StoreError. */
export async function* verifyLedger(
  deps: VerifyDeps,
): AsyncGenerator<VerifyProgress, VerifyReport> {
  const settledThroughNs = await deps.settledThroughNs();
  await deps.stored();
  const checked = nothing();
  const skipped = new Skipped();
  const report = (difference: Difference | null): VerifyReport => {
    return { ok: difference === null, checked, skipped: skipped.toObject(), difference };
  };
  const days = await readDays(deps.store);
  for (const day of days) {
    const found = await checkSealedOrNot(deps, day, { checked, skipped, settledThroughNs });
    if (found !== null) {
      return report(found);
    }
    checked.days++;
    yield { day: day.day, days: days.length, checked: { ...checked } };
  }
  return report(await confirmed(deps, () => findTraceDifference(deps.store)));
}

/** The first difference of one UTC day (YYYY-MM-DD); what could not be checked is no difference. */
export async function verifyDay(deps: VerifyDeps, day: string): Promise<Difference | null> {
  const settledThroughNs = await deps.settledThroughNs();
  const pass = { checked: nothing(), skipped: new Skipped(), settledThroughNs };
  return checkSealedOrNot(deps, { day, spans: '0', entries: '0' }, pass);
}

/** Days that any of the tables has, with the rows of spans and ledger. */
async function readDays(store: Store): Promise<Day[]> {
  const { database } = store;
  return store.query<Day>(
    `SELECT toString(date) AS day, sum(span_rows) AS spans, sum(entry_rows) AS entries FROM (
       SELECT toDate(start_time) AS date, count() AS span_rows, 0 AS entry_rows FROM ${database}.spans GROUP BY date
       UNION ALL
       SELECT toDate(start_time) AS date, 0 AS span_rows, count() AS entry_rows FROM ${database}.ledger GROUP BY date
       UNION ALL
       SELECT toDate(hour) AS date, 0 AS span_rows, 0 AS entry_rows FROM ${database}.cost_hourly GROUP BY date
       UNION ALL
       SELECT toDate(day) AS date, 0 AS span_rows, 0 AS entry_rows FROM ${database}.cost_daily GROUP BY date)
     GROUP BY date ORDER BY date`,
    {},
    CHECK_OPTIONS,
  );
}

const nothing = (): Checked => ({ days: 0, sealed: 0, traces: 0, spans: 0, entries: 0 });

interface Pass {
  readonly checked: Checked;
  readonly skipped: Skipped;
  readonly settledThroughNs: bigint;
}

/** A look at a day, with what is sealed of it and of the time around it. */
interface Look extends Pass {
  readonly sealed: SealedDays;
}

const DAY_NS = 86_400_000_000_000n;
/** Traces of the day may have begun before it, and may go on after it. */
const AROUND_NS = 31n * DAY_NS;

/** Days expire meanwhile: what differs is looked at again where what is sealed is not what it was. */
async function checkSealedOrNot(
  deps: VerifyDeps,
  day: Day,
  { checked, skipped, settledThroughNs }: Pass,
): Promise<Difference | null> {
  const startNs = BigInt(Date.parse(day.day)) * 1_000_000n;
  const around = { fromNs: startNs - AROUND_NS, toNs: startNs + DAY_NS + AROUND_NS };
  for (let sealed = await SealedDays.read(deps.store, around); ; ) {
    const look = { checked: nothing(), skipped: new Skipped(), settledThroughNs, sealed };
    const found = await checkDay(deps, day, look);
    const now = found === null ? sealed : await SealedDays.read(deps.store, around);
    if (now.isSame(sealed)) {
      for (const name of COUNTS) checked[name] += look.checked[name];
      skipped.addAll(look.skipped);
      return found;
    }
    sealed = now;
  }
}

const COUNTS = ['sealed', 'traces', 'spans', 'entries'] as const;

async function checkDay(
  deps: VerifyDeps,
  { day, spans, entries }: Day,
  pass: Look,
): Promise<Difference | null> {
  const { store } = deps;
  const { checked, sealed } = pass;
  const withoutSpans = sealed.tenantsOf(day);
  const withoutLedger = sealed.withoutLedger(day);
  const kept = { day, expired: withoutLedger };
  const ofLedger =
    (await confirmed(deps, () => findReversalDifference(store, day, withoutLedger))) ??
    (await confirmed(deps, () => findRollupDifference(store, kept))) ??
    (await confirmed(deps, () => findDayTotalDifference(store, day))) ??
    (withoutSpans.length === 0 ? null : await checkSealed(deps, day, pass));
  checked.entries += Number(entries);
  if (ofLedger !== null) {
    return ofLedger;
  }
  const orphan = await confirmed(deps, () => findOrphanEntry(store, day, withoutSpans));
  checked.spans += Number(spans);
  return orphan ?? (await checkTraces(deps, day, pass));
}

async function checkSealed(
  deps: VerifyDeps,
  day: string,
  { checked, skipped, sealed }: Look,
): Promise<Difference | null> {
  const withoutLedger = sealed.withoutLedger(day);
  let last: SealedDayResult | undefined;
  let own = new Skipped();
  const difference = await confirmed(deps, async () => {
    own = new Skipped();
    last = await findSealedDifference(deps.store, day, { withoutLedger, skipped: own });
    return last.difference;
  });
  checked.sealed += last?.sealed ?? 0;
  skipped.addAll(own);
  return difference;
}

async function checkTraces(deps: VerifyDeps, day: string, pass: Look): Promise<Difference | null> {
  const { store, price, rulesVersion } = deps;
  const { settledThroughNs, sealed } = pass;
  for await (const step of traceSteps(store, day, sealed.tenantsOf(day))) {
    let last: StepResult | undefined;
    const found = await confirmed(deps, async () => {
      last = await checkStep(store, step, { price, rulesVersion, settledThroughNs, sealed });
      return last.difference;
    });
    pass.checked.traces += last!.traces;
    pass.skipped.addAll(last!.skipped);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/** Looks again, after what was under way is stored, until there is no difference or twice the same one. */
async function confirmed(
  { stored }: VerifyDeps,
  look: () => Promise<Difference | null>,
): Promise<Difference | null> {
  let before = await look();
  for (let looks = 1; before !== null && looks < LOOKS_MAX; looks++) {
    await stored();
    const now = await look();
    if (JSON.stringify(now) === JSON.stringify(before)) {
      return now;
    }
    before = now;
  }
  return before;
}
