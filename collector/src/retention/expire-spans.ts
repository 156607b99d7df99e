/** The spans of a day: sealed, then deleted. */
import { SealedDays } from '../settle/sealed-days.ts';
import type { DayOutcome, DueDay, RetentionDeps } from './day-outcome.ts';
import { deleteSpans } from './delete-rows.ts';
import { heldBack, readyDay } from './ready-day.ts';
import { sealDay } from './seal-rows.ts';
import type { StoredDay } from './stored-days.ts';

/** While it is worked on neither settle nor a repricing may run. */
export async function expireSpansDay(
  deps: RetentionDeps,
  { day, stored }: DueDay,
): Promise<DayOutcome> {
  const { store } = deps;
  const tenants = stored.map(({ tenant }) => tenant);
  const found = await readyDay(deps, 'spans', { day, tenants });
  const { ready, waiting, throughNs } = found;
  if (ready.length === 0) {
    return { what: 'spans', day, tenants: [], rows: 0, waiting, difference: null };
  }
  const isSealed = await sealsOf(deps, day);
  const open = ready.filter((one) => !isSealed(one)).map(({ tenant }) => tenant);
  if (open.length > 0) {
    const difference = await deps.verifyDay(day);
    if (difference !== null) return heldBack(found, day, { what: 'spans', difference });
    const sealedAtMs = deps.nowMs();
    deps.assertHeld();
    await sealDay(store, { day, tenants: open, throughNs, expired: 'spans', sealedAtMs });
  }
  const gone = ready.map(({ tenant }) => tenant);
  deps.assertHeld();
  await deleteSpans(store, { day, tenants: gone, throughNs });
  const rows = ready.reduce((sum, one) => sum + one.rows, 0);
  return { what: 'spans', day, tenants: gone, rows, waiting, difference: null };
}

/** What an earlier pass sealed and did not come to delete needs no seal again. */
async function sealsOf(
  { store }: RetentionDeps,
  day: string,
): Promise<(one: StoredDay) => boolean> {
  const startNs = BigInt(Date.parse(day)) * 1_000_000n;
  const sealed = await SealedDays.read(store, { fromNs: startNs, toNs: startNs + 1n });
  return ({ tenant, lastNs }) => lastNs <= (sealed.of(tenant, startNs)?.throughNs ?? -1n);
}
