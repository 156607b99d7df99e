/** Retention on a test ledger: passes of a collector that owns settle, and what the tables come to. */
import { DIALECTS, RULES_VERSION } from '../normalise/dialects.ts';
import { contentNamesOf, PLAIN_BYTES_MAX } from '../rows/redact.ts';
import type { TestLedger } from '../test-ledger.ts';
import type { VerifyReport } from '../verify/report.ts';
import { type VerifyDeps, verifyDay, verifyLedger } from '../verify/verify-ledger.ts';
import type { DayOutcome, RetentionDeps } from './day-outcome.ts';
import type { Retention } from './kept-time.ts';
import { expireDue, type RetentionResult } from './retention-pass.ts';

export const DAY_MS = 86_400_000;
export const KEEP_ALL: Retention = { spans: null, content: null, ledger: null };

interface PassOptions {
  dryRun?: boolean;
  store?: TestLedger['store'];
  assertHeld?: () => void;
}

export class TestRetention {
  readonly ledger: TestLedger;
  /** By tenant; others keep all. */
  readonly kept = new Map<string, Retention>();
  outcomes: DayOutcome[] = [];

  constructor(ledger: TestLedger) {
    this.ledger = ledger;
  }

  pass(options: PassOptions = {}): Promise<RetentionResult> {
    const { dryRun = false, store = this.ledger.store, assertHeld = () => undefined } = options;
    this.outcomes = [];
    const deps: RetentionDeps = {
      store,
      nowMs: () => this.ledger.clockMs,
      retentionOf: (tenant) => this.kept.get(tenant) ?? KEEP_ALL,
      isAnySet: () => this.kept.size > 0,
      contentRule: { ...contentNamesOf(DIALECTS), plainBytesMax: PLAIN_BYTES_MAX },
      stored: async () => undefined,
      settledThroughNs: () => this.settledThroughNs(),
      verifyDay: (day) => verifyDay(this.verifyDeps(), day),
      assertHeld,
      exclusively: (work) => work(),
    };
    return expireDue(deps, { dryRun }, (outcome) => this.outcomes.push(outcome));
  }

  /** Settles all that has come, as a collector does some time after it was last touched. */
  async settleLater(): ReturnType<TestLedger['settle']> {
    const { ledger } = this;
    ledger.open.releaseAll();
    ledger.clockMs += 5_000;
    const settled = await ledger.settle();
    // Settle runs a second later than requests come in.
    ledger.clockMs += 5_000;
    return settled;
  }

  async verify(): Promise<VerifyReport> {
    const steps = verifyLedger(this.verifyDeps());
    for (;;) {
      const { done, value } = await steps.next();
      if (done === true) return value;
    }
  }

  /** What a tenant's rollups say, column by column: the totals that must not move. */
  async totals(tenant: string): Promise<unknown> {
    const sums = 'sum(calls) AS calls, sum(in_uncached) AS tokens, toString(sum(cost_usd)) AS cost';
    const [hourly, daily] = await Promise.all([
      this.ledger.store.query(
        `SELECT toString(hour) AS hour, model, feature, ${sums} FROM aicost.cost_hourly
         WHERE tenant = {tenant:String} GROUP BY hour, model, feature HAVING calls != 0 ORDER BY ALL`,
        { tenant },
      ),
      this.ledger.store.query(
        `SELECT toString(day) AS day, user, ${sums} FROM aicost.cost_daily
         WHERE tenant = {tenant:String} GROUP BY day, user HAVING calls != 0 ORDER BY ALL`,
        { tenant },
      ),
    ]);
    return { hourly, daily };
  }

  /** Rows of a table, by UTC day. */
  async rows(
    table: 'spans' | 'ledger' | 'traces',
    tenant: string,
  ): Promise<Record<string, number>> {
    const rows = await this.ledger.store.query<{ day: string; stored: string }>(
      `SELECT toString(toDate(one.start_time)) AS day, count() AS stored FROM aicost.${table} AS one
       WHERE tenant = {tenant:String} GROUP BY day ORDER BY day`,
      { tenant },
    );
    return Object.fromEntries(rows.map(({ day, stored }) => [day, Number(stored)]));
  }

  verifyDeps(): VerifyDeps {
    return {
      store: this.ledger.store,
      price: this.ledger.price,
      rulesVersion: RULES_VERSION,
      settledThroughNs: () => this.settledThroughNs(),
      stored: async () => undefined,
    };
  }

  private async settledThroughNs(): Promise<bigint> {
    const [row] = await this.ledger.store.query<{ through: string }>(
      'SELECT toUnixTimestamp64Nano(max(settle_marks.through)) AS through FROM aicost.settle_marks AS settle_marks',
    );
    return BigInt(row?.through ?? 0);
  }
}
