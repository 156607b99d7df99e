/** Who settles, as gauges, and what only that collector can have. */
import type { Metrics } from './metrics.ts';
import type { Settling } from './open-ownership.ts';
import { setOrRemove } from './set-or-remove.ts';

export function settleGauges(settling: Settling, metrics: Metrics): void {
  const { isOwner, leaseAgeMs, formerOwners } = settling;
  const leaseSeconds = leaseAgeMs === undefined ? undefined : leaseAgeMs / 1000;
  metrics.aicost_settle_owner.set(isOwner ? 1 : 0);
  setOrRemove(metrics.aicost_settle_lease_age_seconds, leaseSeconds);
  setOrRemove(metrics.aicost_settle_former_owners, formerOwners);
  // Its last pass may have been as the owner, whenever that was: what waits, another one sends.
  if (!isOwner) metrics.aicost_webhook_pending.set(0);
}
