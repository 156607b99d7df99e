/**
 * Tenants and persons whose data goes: asked for by an operator, recorded before anything is done, done once nothing of
 * theirs is under way, and gone on with by a restart. The audit log keeps who asked, when, and what went.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { DELETED_USER } from '@ai-cost-profiler/clickhouse/deleted-user.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { isInForce, type KeyActor } from './access.ts';
import type { ControlState } from './control/control-state.ts';
import { tenantSecrets } from './control/fingerprint-secret.ts';
import { revokedKeyChange } from './control/key-rows.ts';
import type { SqlUsers } from './control/sql-users.ts';
import { erasePerson } from './erase/erase-person.ts';
import {
  type Erasure,
  forgetIntent,
  readIntents,
  whyNotHere,
  writeIntent,
} from './erase/person.ts';
import { blankTenantControl, countTenantRows, deleteTenantRows } from './erase/tenant-rows.ts';
import { CONTENT_RULE } from './ledger-work.ts';
import type { Logger } from './log.ts';
import { Problem } from './problems.ts';
import type { TenantOperations } from './tenant-rows.ts';
import { ERASED_PAYLOAD, isGone, type TenantStates, tenantChange } from './tenant-states.ts';
import { systemTimers } from './timers.ts';

type Show = (progress: object) => void;
type Work = (show: Show) => Promise<object>;

interface TenantAsked {
  readonly tenant: string;
  /** The tenant's name again. */
  readonly confirm: string;
}

export interface ErasureParts {
  readonly store: Store;
  readonly control: ControlState;
  readonly states: TenantStates;
  readonly tenants: Pick<TenantOperations, 'mustExist'>;
  /** Users of ClickHouse that go with keys. */
  readonly sqlUsers: Pick<SqlUsers, 'drop'>;
  /** Requests of a tenant between their admission and their answer. */
  readonly underWayOf: (tenant: string) => number;
  /** Stores the points of metrics that wait in memory. */
  readonly flushTotals: () => Promise<void>;
  /** Resolves when nothing is told of budgets any more that was read before the deletion was recorded. */
  readonly untilTold: () => Promise<void>;
  /** Forgets what the live stream of a tenant keeps for clients that come back. */
  readonly forgetLive: (tenant: string) => void;
  readonly exclusively: <T>(work: () => Promise<T>, options: { holdWriter: boolean }) => Promise<T>;
  /** Parts of the journal that were set aside: what they hold of anybody is not looked at. */
  readonly setAsideParts: () => number;
  readonly nowMs: () => number;
  /** Only in the collector that settles: two at once would write the same rows anew. */
  readonly mayResume: boolean;
  readonly log: Logger;
}

const POLL_MS = 20;
const RETRY_MS = 10_000;
const SWEEP_EVERY_MS = 3_600_000;
const PERSON_KIND = 'person_deletion';

export class Erasures {
  private readonly parts: ErasureParts;
  /** By tenant, or by tenant and id of a person's erasure: whoever asks again waits for the same work. */
  private readonly running = new Map<string, Promise<object>>();
  private begun = 0;
  private isStarted = false;
  private isStopped = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: ErasureParts) {
    this.parts = parts;
  }

  /**
   * Deletes a tenant with its data, when the answer is called; of one that is being deleted, goes on with it. Resolves
   * with how many rows of which table went. @throws Problem not_found, parameter_invalid, tenant_conflict
   */
  deleteTenant(actor: KeyActor, asked: TenantAsked): Work {
    const { control } = this.parts;
    const { tenant } = asked;
    this.check(asked);
    const inForce = keysOf(control, tenant).filter((key) =>
      isInForce(key, new Date(this.parts.nowMs())),
    );
    if (inForce.some(({ scopes }) => scopes.includes('operator'))) {
      const detail = `Tenant ${tenant} holds an operator key; revoke it first, with one of another tenant.`;
      throw new Problem('tenant_conflict', detail);
    }
    return (show) => this.once(tenant, () => this.beginTenant(tenant, actor.name, show));
  }

  /**
   * Takes a person out of a tenant's data, when the answer is called. Resolves with what was changed.
   * @throws Problem not_found, parameter_invalid, tenant_conflict
   */
  deletePerson(actor: KeyActor, asked: TenantAsked & { readonly user: string }): Work {
    const { store, nowMs } = this.parts;
    this.check(asked);
    const why = whyNotHere(store, this.parts.mayResume);
    if (why !== undefined) throw new Problem('tenant_conflict', why);
    const { tenant, user } = asked;
    const erasure: Erasure = { id: randomUUID(), tenant, user, actor: actor.name };
    return (show) =>
      this.once(erasure.id, async () => {
        await writeIntent(store, erasure, nowMs());
        return this.finishPerson(erasure, show);
      });
  }

  /**
   * Compares tables while nothing is being deleted, what failed before included; again, where a difference was found
   * and a deletion began meanwhile: half way, tables tell different things of whom it is about.
   */
  async compare<Report extends object>(work: () => Promise<Report>): Promise<Report> {
    for (;;) {
      if (this.parts.mayResume) await this.finishBegun();
      while (this.running.size > 0) await Promise.allSettled(this.running.values());
      const before = this.begun;
      const report = await work();
      if (before === this.begun || ('ok' in report && report.ok === true)) return report;
    }
  }

  /** Resumes at once and again where that fails, and looks for rows of deleted tenants every hour. */
  start(): void {
    this.isStarted = this.parts.mayResume;
    this.passIn(0);
  }

  private passIn(pauseMs: number): void {
    if (this.isStopped || !this.isStarted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.pass(), pauseMs).unref();
  }

  private async pass(): Promise<void> {
    let pauseMs = SWEEP_EVERY_MS;
    try {
      await this.resume();
    } catch (error) {
      if (this.isStopped) return;
      const isOthers = error instanceof Problem && error.code === 'settled_elsewhere';
      if (isOthers) return this.passIn(SWEEP_EVERY_MS);
      this.parts.log.warn({ err: error }, 'a deletion was not gone on with; it is tried again');
      pauseMs = RETRY_MS;
    }
    this.passIn(pauseMs);
  }

  /** Begins nothing more; resolves when what runs is over, or `deadline` fires: a restart goes on with it. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    const over = Promise.allSettled(this.running.values());
    const late = new Promise((resolve) =>
      deadline.addEventListener('abort', resolve, { once: true }),
    );
    if (!deadline.aborted) await Promise.race([over, late]);
  }

  /** Goes on with what an earlier process began, and deletes what came for deleted tenants since. */
  async resume(): Promise<void> {
    await this.finishBegun();
    for (const tenant of this.parts.states.in('deleted')) await this.sweep(tenant);
  }

  private async finishBegun(): Promise<void> {
    const { store, states } = this.parts;
    const nothing = () => undefined;
    for (const tenant of states.in('deleting')) {
      const actor = states.all.get(tenant)?.changedBy ?? '';
      await this.once(tenant, () => this.finishTenant(tenant, actor, nothing));
    }
    for (const erasure of await readIntents(store)) {
      await this.once(erasure.id, () => this.finishPerson(erasure, nothing));
    }
  }

  private check({ tenant, confirm }: TenantAsked): void {
    this.parts.tenants.mustExist(tenant);
    if (confirm === tenant) return;
    const shown = JSON.stringify(confirm).slice(0, 100);
    const detail = `confirm is ${shown}; expected the tenant's name again, ${tenant}.`;
    throw new Problem('parameter_invalid', detail);
  }

  private async beginTenant(tenant: string, actor: string, show: Show): Promise<object> {
    const { control, states } = this.parts;
    const inForce = keysOf(control, tenant).filter(({ revokedAt }) => revokedAt === null);
    if (!isGone(states.of(tenant))) {
      // Together: there is no moment in which it is being deleted and a key of it holds.
      await control.append([
        tenantChange(actor, tenant, { state: 'deleting' }),
        ...inForce.map((key) => revokedKeyChange(actor, key)),
      ]);
    }
    show({ step: 'keys', rows: inForce.length });
    return this.finishTenant(tenant, actor, show);
  }

  private async finishTenant(tenant: string, actor: string, show: Show): Promise<object> {
    const { store, control, exclusively, sqlUsers, underWayOf } = this.parts;
    for (const { id, sqlUser } of keysOf(control, tenant)) if (sqlUser) await sqlUsers.drop(id);
    while (underWayOf(tenant) > 0) await systemTimers.sleep(POLL_MS);
    await this.parts.flushTotals();
    await this.parts.untilTold();
    const rows = await exclusively(
      () => deleteTenantRows(store, tenant, (table, count) => show({ step: table, rows: count })),
      { holdWriter: false },
    );
    // ClickHouse first: once the tenant counts as deleted, nobody looks there again.
    await blankTenantControl(store, tenant, ERASED_PAYLOAD);
    await control.append([tenantChange(actor, tenant, { state: 'deleted', rows })]);
    return { tenant, rows, set_aside_parts: this.parts.setAsideParts() };
  }

  /** What another collector had in its journal, or a part that was put back, is not kept either. */
  private async sweep(tenant: string): Promise<void> {
    const { store, control, exclusively } = this.parts;
    if (Object.keys(await countTenantRows(store, tenant)).length === 0) return;
    const rows = await exclusively(() => deleteTenantRows(store, tenant, () => undefined), {
      holdWriter: false,
    });
    await control.append([tenantChange('retention', tenant, { state: 'deleted', rows })]);
  }

  private async finishPerson(erasure: Erasure, show: Show): Promise<object> {
    const { store, exclusively, untilTold, forgetLive } = this.parts;
    await this.note(erasure, { state: 'begun' });
    await untilTold();
    const work = () => erasePerson(store, { erasure, rule: CONTENT_RULE }, show);
    const erased = await exclusively(work, { holdWriter: true });
    forgetLive(erasure.tenant);
    await this.note(erasure, { state: 'done', ...erased });
    await forgetIntent(store, erasure);
    const { id, tenant } = erasure;
    const left = { set_aside_parts: this.parts.setAsideParts() };
    return { erasure_id: id, tenant, replaced_by: DELETED_USER, ...erased, ...left };
  }

  /** The audit log names the person by a keyed hash: who knows the id can ask for it, nobody can read it. */
  private async note({ id, tenant, user, actor }: Erasure, payload: object): Promise<void> {
    const { control } = this.parts;
    const hash = createHmac('sha256', tenantSecrets(control)(tenant)).update(user).digest('hex');
    const about = { actor, tenant, kind: PERSON_KIND, id, deleted: false };
    await control.append([{ ...about, payload: JSON.stringify({ user_hash: hash, ...payload }) }]);
  }

  private once(key: string, work: () => Promise<object>): Promise<object> {
    const known = this.running.get(key);
    if (known !== undefined) return known;
    this.begun++;
    const running = work().finally(() => this.running.delete(key));
    // What an operator began and what failed half way is not left until the next hour.
    running.catch(() => this.passIn(RETRY_MS));
    this.running.set(key, running);
    return running;
  }
}

const keysOf = ({ keys }: ControlState, tenant: string) =>
  [...keys.values()].filter((key) => key.tenant === tenant);
