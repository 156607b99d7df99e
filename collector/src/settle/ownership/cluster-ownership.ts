/**
 * Who settles on a cluster. One collector at a time holds the lease; whoever wants it takes it when nobody does, or
 * when its owner was not seen to renew it. An owner that ends in order leaves nothing behind; of one that does not,
 * entries may be stored at any time later, and are looked at then (docs/decisions, number 21).
 */
import type { ClusterOwnershipDeps } from './cluster-ownership-deps.ts';
import { Lease, RENEW_MS, WatchedLease } from './lease.ts';
import type { OwnershipRecord } from './ownership-register.ts';
import {
  claimed,
  forgiven,
  isUnstoredOf,
  NOBODY,
  type OwnershipState,
  owesReentered,
  owing,
  released,
  renewed,
  reported,
} from './ownership-state.ts';
import {
  OwnershipLost,
  SettledElsewhere,
  type SettleOwnership,
  type StoredDebt,
} from './settle-ownership.ts';

/** Whoever comes in between did what is wanted, or leaves room soon. */
const ATTEMPTS_MAX = 5;
const WORK_ENDS_MS = 1_000;

export class ClusterOwnership implements SettleOwnership {
  epoch = 0;
  private readonly deps: ClusterOwnershipDeps;
  private readonly lease: Lease;
  private readonly watched: WatchedLease;
  private state: OwnershipState = NOBODY;
  /** Whether the owner of the state was not seen to renew for as long as a lease is. */
  private isFree = true;
  private failure: unknown;
  private attempts = 0;
  /** One reading and putting at a time. */
  private turn: Promise<unknown> = Promise.resolve();
  private works = 0;
  private reporting: Promise<void> | undefined;
  private hasReportFailed = false;
  private stopTicks: (() => void) | undefined;

  constructor(deps: ClusterOwnershipDeps) {
    this.deps = deps;
    this.lease = new Lease(deps);
    this.watched = new WatchedLease(deps.steadyMs);
  }

  /** Begins to ask, and to renew. */
  start(): void {
    this.stopTicks ??= this.deps.timers.every(RENEW_MS, () => void this.tick());
    void this.tick();
  }

  /** Asks no more. It leaves where all that this process took is stored, and nothing is left for another to look at. */
  async stop(): Promise<void> {
    this.stopTicks?.();
    const leave = () => (this.isAllStored ? this.release() : undefined);
    await this.inTurn(async () => leave()).catch((error: unknown) => this.fail(error));
  }

  private get isAllStored(): boolean {
    const { oldestMs, isAside } = this.deps;
    return this.works === 0 && oldestMs() === undefined && !isAside();
  }

  get isHeld(): boolean {
    return this.lease.isHeld;
  }

  /** How it stands, for people. */
  get standing() {
    const { state, failure, isFree, isHeld } = this;
    return { ...state, failure, isFree, isHeld, ageMs: this.lease.ageMs };
  }

  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.works++;
    try {
      if (!this.isHeld) await this.inTurn(() => this.take());
      return await work();
    } finally {
      this.works--;
      // What the work came to does not depend on it: a lease that is not given back ends by itself, and leaves a debt.
      if (!this.deps.isStanding && this.works === 0 && this.isHeld) {
        await this.leave().catch((error: unknown) => this.fail(error));
      }
    }
  }

  assertHeld(): void {
    if (this.isHeld) return;
    throw new OwnershipLost('the lease of settle was not renewed in time; another may settle');
  }

  debts(): readonly StoredDebt[] {
    const { claims, nowMs } = this.deps;
    // Whoever asks has waited until all of this process is stored, but for what was set aside.
    const isStored = !this.deps.isAside();
    const own = { writers: [...claims.writers], throughMs: nowMs() };
    return this.state.debts.flatMap((debt) => {
      const stored = isStored && isUnstoredOf(debt, own.writers) ? own : debt.stored;
      return stored === null ? [] : [{ ...debt, stored }];
    });
  }

  async forgive(debts: readonly StoredDebt[]): Promise<void> {
    if (debts.length === 0) return;
    await this.inTurn(() => this.change((state) => forgiven(state, debts)));
  }

  /** Renews, or takes what is free; says what of this data directory is stored. It never rejects. */
  private async tick(): Promise<void> {
    try {
      const wants = this.deps.isStanding || this.works > 0;
      await this.inTurn(async () => void (await (wants ? this.take() : this.look()))).catch(
        passElsewhere,
      );
      if (!this.isHeld) {
        if (this.owes) this.reporting ??= this.report();
        await this.inTurn(() => this.tellReentered());
      }
      if (this.isHeld || !this.owes) this.hasReportFailed = false;
      if (!this.hasReportFailed) this.failure = undefined;
    } catch (error) {
      this.fail(error);
    }
  }

  /** One debt at a time: a record in Keeper must stay small. */
  private async tellReentered(): Promise<void> {
    const { reentered, writer, name, nowMs } = this.deps;
    const { due } = reentered;
    if (due.length === 0 || owesReentered(this.state, writer)) return;
    await this.change((state) => owing(state, { writer, name, nowMs: nowMs(), reentered: due }));
    await reentered.looked(due);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async look(): Promise<OwnershipRecord | undefined> {
    const record = await this.deps.register.read();
    this.state = record?.state ?? NOBODY;
    const { holder } = this.state;
    this.isFree = holder === null || this.watched.isOver(holder);
    if (holder?.writer !== this.deps.writer) this.lose();
    return record;
  }

  /** Renews, or takes over. Rejects with SettledElsewhere while another one is the owner. */
  private async take(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const granted = this.lease.begin();
      const record = await this.look();
      const { holder } = this.state;
      const number = (record?.number ?? 0) + 1;
      const isOwn = holder?.writer === this.deps.writer;
      if (!isOwn && !this.isFree) throw new SettledElsewhere(`${holder?.name} settles.`);
      if (!isOwn) await this.deps.claims.note();
      const next = isOwn
        ? renewed(this.state, this.claimant())
        : claimed(this.state, this.claimant(), number);
      if (!(await this.put(number, next))) continue;
      granted();
      this.epoch = next.holder!.epoch;
      if (!isOwn) this.deps.onEvent({ kind: 'taken', from: holder });
      return;
    }
    throw new SettledElsewhere('Several collectors want to settle at once.');
  }

  /** What is put is what the newest record says, changed. */
  private async change(changed: (state: OwnershipState) => OwnershipState): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const record = await this.look();
      const next = changed(this.state);
      if (next === this.state) return;
      if (await this.put((record?.number ?? 0) + 1, next)) return;
    }
    throw new Error('other collectors changed who settles again and again');
  }

  private async put(number: number, state: OwnershipState): Promise<boolean> {
    const author = `${this.deps.writer}-${this.attempts++}`;
    const stands = await this.deps.register.put({ number, author, state });
    if (stands) this.state = state;
    return stands;
  }

  private claimant() {
    const { writer, name, oldestMs, nowMs } = this.deps;
    return { writer, name, storedThroughMs: Math.floor(oldestMs() ?? nowMs()) };
  }

  /** After the work for which it was taken. */
  private async leave(): Promise<void> {
    await this.deps.stored();
    if (this.deps.isAside()) {
      // Whoever comes next waits until the lease is over, and notes a debt.
      this.lease.lose();
      return;
    }
    await this.inTurn(() => this.release());
  }

  private async release(): Promise<void> {
    await this.change((state) => released(state, this.deps.writer));
    this.lease.lose();
    await this.clearClaims();
  }

  /** Unless a writer owes something, or will: an earlier process that died is the owner until it is replaced. */
  private async clearClaims(): Promise<void> {
    const { claims } = this.deps;
    const { holder } = this.state;
    if (
      this.owes ||
      this.deps.isAside() ||
      (holder !== null && claims.writers.includes(holder.writer))
    )
      return;
    await claims.clear();
  }

  /** Whether others wait for this data directory to say that all is stored. */
  private get owes(): boolean {
    return this.state.debts.some((debt) => isUnstoredOf(debt, this.deps.claims.writers));
  }

  /** Says when all is stored that this data directory had when it was not the owner any more. */
  private async report(): Promise<void> {
    const { claims, nowMs, stored, isAside, onEvent, timers } = this.deps;
    const { epoch } = this;
    try {
      // What was begun as the owner goes on until it asks.
      while (this.works > 0) await timers.sleep(WORK_ENDS_MS);
      const through = { writers: [...claims.writers], throughMs: nowMs() };
      await stored();
      while (isAside()) {
        await timers.sleep(WORK_ENDS_MS);
        await stored();
      }
      await this.inTurn(async () => {
        if (this.isHeld || this.epoch !== epoch) return;
        await this.change((state) => reported(state, through));
        await this.clearClaims();
        onEvent({ kind: 'stored' });
      });
      this.hasReportFailed = false;
    } catch (error) {
      this.hasReportFailed = true;
      this.fail(error);
    } finally {
      this.reporting = undefined;
    }
  }

  private lose(): void {
    if (this.lease.ageMs !== undefined) this.deps.onEvent({ kind: 'lost' });
    this.lease.lose();
  }

  private fail(error: unknown): void {
    // Once: it is asked again and again.
    if (this.failure === undefined) this.deps.onEvent({ kind: 'failed', error });
    this.failure = error;
  }
}

/** That another one settles is no failure. */
function passElsewhere(error: unknown): void {
  if (!(error instanceof SettledElsewhere)) throw error;
}
