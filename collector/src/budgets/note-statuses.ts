/**
 * How the budgets stand, as one pass found them: stored at its end in one insert, for who asks by SQL. A budget that
 * was deleted is said to be gone.
 */
import type { Alerting } from '@ai-cost-profiler/queries/budgets/alerting.ts';
import type { Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import {
  deletedStatus,
  readToldBudgets,
  type StoredStatus,
  statusRows,
  type UnknownStatus,
} from '@ai-cost-profiler/queries/budgets/stored-status.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import type { InstantNs } from '@ai-cost-profiler/queries/range.ts';
import { openTenantScope } from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { DeletionFence, Deletions } from '../deletion-fence.ts';
import type { Budgets } from './budget-operations.ts';
import type { AlertStore } from './look-store.ts';

export interface NoteDeps {
  readonly store: AlertStore;
  readonly budgets: Pick<Budgets, 'inForce' | 'tenants'>;
  /** Whether this is still the collector that settles. */
  readonly isOwner: () => boolean;
  readonly fence: DeletionFence;
  readonly nowMs: () => number;
}

const EVERY_TENANT = { by: ['tenant'], filters: [] } as const;
const READER = { tenant: '', operator: true };

export class StatusNotes {
  private readonly deletions: Deletions;
  private readonly rows: StoredStatus[] = [];

  /** `deletions`: as they were when the pass began. */
  constructor(deletions: Deletions) {
    this.deletions = deletions;
  }

  note(budget: Budget, found: Alerting | UnknownStatus, nowNs: InstantNs): void {
    this.rows.push(...statusRows(budget, found, nowNs));
  }

  /** Throws what the store throws: the next pass tells all of it again. */
  async store({ store, budgets, isOwner, fence, nowMs }: NoteDeps): Promise<void> {
    const told = await readToldBudgets(openTenantScope(store, READER, EVERY_TENANT));
    await fence.tell(store, this.deletions, async (mayTell) => {
      // A budget, a tenant or a person may have been deleted since; or another one looks now, and tells it.
      const ids = new Set(budgets.inForce().map(({ id }) => id));
      const tenants = new Set(budgets.tenants().filter(mayTell));
      const standing = this.rows.filter((row) => ids.has(row.budget_id) && tenants.has(row.tenant));
      const gone = told
        .filter(({ budget_id, tenant }) => !ids.has(budget_id) && tenants.has(tenant))
        .map((one) => deletedStatus(one, instantOfMs(nowMs())));
      if (!isOwner()) return;
      await store.insertRows(`${store.database}.budget_status`, [...standing, ...gone]);
    });
  }
}
