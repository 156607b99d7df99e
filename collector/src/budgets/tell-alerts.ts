/** What is new of alerts is stored, and told once it is; nothing of it where that may not be told any more. */
import { type AlertEvent, storedAlert } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import type { DeletionFence, Deletions } from '../deletion-fence.ts';
import type { PublishAlert } from '../publish-alert.ts';
import type { Budgets } from './budget-operations.ts';
import type { AlertStore } from './look-store.ts';

export interface TellDeps {
  readonly store: AlertStore;
  readonly budgets: Pick<Budgets, 'tenants'>;
  /** Whether this is still the collector that settles. */
  readonly isOwner: () => boolean;
  readonly fence: DeletionFence;
  readonly publishAlert: PublishAlert;
}

interface News {
  readonly tenant: string;
  /** As they were when the pass began. */
  readonly deletions: Deletions;
  readonly events: readonly AlertEvent[];
}

/** @returns false: they are left to another collector, or to the next pass */
export async function tellAlerts(deps: TellDeps, news: News): Promise<boolean> {
  const { store, budgets, isOwner, fence, publishAlert } = deps;
  const { tenant, deletions, events } = news;
  if (events.length === 0) return true;
  return fence.tell(store, deletions, async (mayTell) => {
    // Another one looks now and tells it; or the tenant was deleted since, or a person whom an event may name.
    if (!isOwner() || !budgets.tenants().includes(tenant) || !mayTell(tenant)) return false;
    const rows = events.map((event) => storedAlert(tenant, event));
    await store.insertRows(`${store.database}.alerts`, rows);
    for (const event of events) publishAlert(tenant, event);
    return true;
  });
}
