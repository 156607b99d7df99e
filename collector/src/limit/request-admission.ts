/**
 * Lets OTLP requests in, or tells them when to come back: first whether the collector has room, then whether the tenant
 * may send now, both before the body is read; and once more when the body is there, in the turn in which it is decoded,
 * so that of many requests that came together only one can go beyond a limit.
 */
import type { Admission, BodyAccount, Pass, SpanBudget } from '../admission.ts';
import { LIMITS, type TenantLimits } from '../limit-table.ts';
import { Problem, unavailable } from '../problems.ts';
import { isGone, type TenantStates } from '../tenant-states.ts';
import type { DailyUse } from './daily-use.ts';
import type { BodyRoom, RoomQueue } from './room-queue.ts';
import { TenantBudget } from './tenant-budget.ts';
import type { LimitsOfTenants } from './tenant-limits.ts';

export interface RequestAdmissionDeps {
  readonly limits: Pick<LimitsOfTenants, 'of'>;
  readonly states: Pick<TenantStates, 'of'>;
  readonly use: DailyUse;
  /** The one account of what all requests hold, and how many bytes that may be. */
  readonly held: BodyAccount & { readonly bytesMax: number };
  /** Who waits for a share of it. */
  readonly room: RoomQueue;
  /** Why the journal takes nothing, or undefined. */
  readonly journalRefusal: () => { readonly text: string; readonly isFull: boolean } | undefined;
  /** Told the number of requests under way after each change. */
  readonly onUnderWay: (count: number) => void;
  /** A monotonic clock in milliseconds: jumps of the wall clock neither starve nor flood anybody. */
  readonly nowMs: () => number;
}

/** Room comes back as requests are answered, which takes less than this. */
const RETRY_S = 1;

const REQUESTS_MAX = LIMITS.requests_in_flight.byDefault;

export class RequestAdmission implements Admission, SpanBudget {
  private readonly deps: RequestAdmissionDeps;
  private readonly budgets = new Map<string, TenantBudget>();
  /** Requests between their admission and their answer. */
  private underWay = 0;

  constructor(deps: RequestAdmissionDeps) {
    this.deps = deps;
  }

  checkRoom(): void {
    const { journalRefusal, room } = this.deps;
    const refusal = journalRefusal();
    if (refusal !== undefined) {
      const about = refusal.isFull ? { limit: 'journal_bytes' } : {};
      throw unavailable('journal_unavailable', refusal.text, RETRY_S, about);
    }
    if (this.underWay >= REQUESTS_MAX) {
      throw unavailable('overloaded', undefined, RETRY_S, { limit: 'requests_in_flight' });
    }
    room.check();
  }

  admit(tenant: string, declaredBytes: number | undefined): Pass {
    const expectedBytes = this.expected(declaredBytes);
    this.refuseUnlessActive(tenant);
    const nowMs = this.deps.nowMs();
    const budget = this.budgetOf(tenant);
    budget.keepTo(this.deps.limits.of(tenant), nowMs);
    budget.check(nowMs);
    budget.enter(expectedBytes);
    this.changeUnderWay(1);
    return this.openPass(budget, expectedBytes);
  }

  /** Requests of a tenant between their admission and their answer. */
  underWayOf(tenant: string): number {
    return this.budgets.get(tenant)?.underWay ?? 0;
  }

  private refuseUnlessActive(tenant: string): void {
    const state = this.deps.states.of(tenant);
    if (state === 'suspended') {
      throw new Problem('tenant_suspended', `Tenant ${tenant} is suspended: nothing is taken in.`);
    }
    // Its keys are revoked: a request that was let in before is told the same.
    if (isGone(state)) throw new Problem('key_unknown');
  }

  limitsOf(tenant: string): TenantLimits {
    return this.deps.limits.of(tenant);
  }

  chargeSpans(tenant: string, spans: { decoded: number; kept: number }): () => void {
    const budget = this.budgetOf(tenant);
    budget.chargeSpans(spans.decoded);
    const { today } = budget;
    const { use } = this.deps;
    use.add(today, { spans: spans.kept, bytes: 0 });
    return () => use.add(today, { spans: -spans.kept, bytes: 0 });
  }

  private openPass(budget: TenantBudget, expectedBytes: number): Pass {
    const { use, nowMs, room } = this.deps;
    const account = openAccount(this.deps.held, room, expectedBytes);
    let isRead = false;
    let counted = { today: budget.today, bytes: 0 };
    return {
      held: account,
      room: account.reserve,
      bodyRead: (bytes) => {
        isRead = true;
        // Nothing is decoded for a tenant once it is deleted, however long its body took.
        this.refuseUnlessActive(budget.tenant);
        budget.chargeBytes(bytes - expectedBytes);
        budget.checkAgain(nowMs());
        counted = { today: budget.today, bytes };
        use.add(counted.today, { spans: 0, bytes });
      },
      close: (isKept) => {
        account.close();
        this.changeUnderWay(-1);
        budget.underWay--;
        if (!isRead) budget.chargeBytes(-expectedBytes);
        if (!isKept) use.add(counted.today, { spans: 0, bytes: -counted.bytes });
      },
    };
  }

  /** A body that could not be held anyway is refused by its length, and is not waited for. */
  private expected(declaredBytes = 0): number {
    return declaredBytes <= this.deps.held.bytesMax ? declaredBytes : 0;
  }

  private changeUnderWay(by: number): void {
    this.underWay += by;
    this.deps.onUnderWay(this.underWay);
  }

  private budgetOf(tenant: string): TenantBudget {
    let budget = this.budgets.get(tenant);
    if (budget === undefined) {
      budget = new TenantBudget(tenant, this.deps.use);
      this.budgets.set(tenant, budget);
    }
    return budget;
  }
}

/** The account of one request: what it declared is set aside for it, what it takes beyond that is taken as it comes. */
function openAccount(all: BodyAccount, queue: RoomQueue, declaredBytes: number) {
  const room: BodyRoom = { bytes: declaredBytes, arrivedBytes: 0, sinceMs: 0 };
  let reserved = 0;
  return {
    reserve: (): Promise<void> | undefined => {
      const waiting = queue.take(room);
      if (waiting === undefined) reserved = declaredBytes;
      return waiting?.then(() => {
        reserved = declaredBytes;
      });
    },
    take: (bytes: number): void => {
      const beyond = room.arrivedBytes + bytes - reserved;
      if (beyond > 0) {
        all.take(beyond);
        reserved += beyond;
      }
      room.arrivedBytes += bytes;
    },
    giveBack: (bytes: number): void => {
      room.arrivedBytes -= bytes;
    },
    close: (): void => queue.giveBack(room, reserved),
  };
}
