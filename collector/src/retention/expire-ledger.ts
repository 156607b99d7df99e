/**
 * The entries of a day whose spans have expired: sealed, then deleted. The rollups keep what they summed to. What comes
 * in for the day afterwards is reversed by settle, and goes once it sums to nothing.
 */
import { SealedDays } from '../settle/sealed-days.ts';
import { entryFacts } from '../verify/day-facts.ts';
import type { DayOutcome, DueDay, RetentionDeps } from './day-outcome.ts';
import { deleteEntries } from './delete-rows.ts';
import { heldBack, type ReadyDay, readyDay } from './ready-day.ts';
import { sealDay } from './seal-rows.ts';
import { dayAfter, type StoredDay, storedDays } from './stored-days.ts';

/** While it is worked on neither settle nor a repricing may run. */
export async function expireLedgerDay(
  deps: RetentionDeps,
  { day, stored }: DueDay,
): Promise<DayOutcome> {
  const { store } = deps;
  const tenants = stored.map(({ tenant }) => tenant);
  const found = await withoutSpans(deps, day, await readyDay(deps, 'ledger', { day, tenants }));
  const { waiting, throughNs } = found;
  const nothing = { what: 'ledger' as const, day, tenants: [], rows: 0, waiting, difference: null };
  if (found.ready.length === 0) return nothing;
  const startNs = BigInt(Date.parse(day)) * 1_000_000n;
  const sealed = await SealedDays.read(store, { fromNs: startNs, toNs: startNs + 1n });
  const isGone = ({ tenant }: StoredDay) => sealed.of(tenant, startNs)?.isLedgerGone === true;
  const open = found.ready.filter((one) => !isGone(one)).map(({ tenant }) => tenant);
  if (open.length > 0) {
    const difference = await deps.verifyDay(day);
    if (difference !== null) return heldBack(found, day, { what: 'ledger', difference });
    const sealedAtMs = deps.nowMs();
    deps.assertHeld();
    await sealDay(store, { day, tenants: open, throughNs, expired: 'ledger', sealedAtMs });
  }
  const again = found.ready.filter(isGone).map(({ tenant }) => tenant);
  const gone = [...open, ...(await undone(deps, { day, tenants: again, throughNs }))];
  if (gone.length === 0) return nothing;
  deps.assertHeld();
  await deleteEntries(store, { day, tenants: gone, throughNs });
  const rows = found.ready
    .filter(({ tenant }) => gone.includes(tenant))
    .reduce((sum, one) => sum + one.rows, 0);
  return { ...nothing, tenants: gone, rows };
}

/** Only days without any span left: spans are what entries are checked against. */
async function withoutSpans(deps: RetentionDeps, day: string, found: ReadyDay): Promise<ReadyDay> {
  const { store } = deps;
  const tenants = found.ready.map(({ tenant }) => tenant);
  const stored = await storedDays(store, { table: 'spans', tenants, from: day, to: dayAfter(day) });
  const kept = new Set(stored.map(({ tenant }) => tenant));
  if (kept.size === 0) return found;
  return {
    ...found,
    ready: found.ready.filter(({ tenant }) => !kept.has(tenant)),
    waiting: { ...found.waiting, spans_kept: [...kept] },
  };
}

/**
 * Of tenants whose entries of the day were sealed: those of which all the entries that came since undo each other, and
 * those whose deletion an earlier pass did not come to.
 */
async function undone(
  { store }: RetentionDeps,
  question: { day: string; tenants: readonly string[]; throughNs: bigint },
): Promise<string[]> {
  const { day, tenants, throughNs } = question;
  if (tenants.length === 0) return [];
  const rows = await store.query<{ tenant: string; through: string }>(
    `SELECT tenant, toString(toUnixTimestamp64Nano(max(sealed_days.through))) AS through FROM ${store.database}.sealed_days AS sealed_days
     WHERE tenant IN {tenants:Array(String)} AND day = {day:Date} AND expired = 'ledger' GROUP BY tenant`,
    { tenants, day },
  );
  const gone: string[] = [];
  for (const { tenant, through } of rows) {
    const sealed = await entryFacts(store, { day, tenants: [tenant], throughNs: BigInt(through) });
    const all = await entryFacts(store, { day, tenants: [tenant], throughNs });
    const [before, now] = [sealed?.get(tenant), all?.get(tenant)];
    const isUndone = (['calls', 'unpriced_calls', 'list_usd', 'cost_usd'] as const).every(
      (name) => (before?.[name] ?? '0') === (now?.[name] ?? '0'),
    );
    if (isUndone) gone.push(tenant);
  }
  return gone;
}
