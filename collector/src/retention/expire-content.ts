/** The content of a day's spans. Neither settle nor verify looks at it, so that the day need not be sealed. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { DayOutcome, RetentionDeps } from './day-outcome.ts';
import { replaceContent } from './replace-content.ts';
import { contentGone, contentKey, noteContentGone } from './seal-rows.ts';
import { spanPartitions } from './stored-days.ts';

/** A day, and the tenants of which some content may be left. */
export interface ContentDay {
  readonly day: string;
  readonly tenants: readonly string[];
}

/** Parts are told to have changed to the second. */
const SECOND_MS = 1_000;

/**
 * Days before those that tenants keep: of which nothing was noted yet, or which changed since. So that a pass which
 * finds nothing to do reads no span.
 */
export async function dueContent(
  store: Store,
  kept: ReadonlyMap<string, readonly string[]>,
): Promise<ContentDay[]> {
  if (kept.size === 0) return [];
  const gone = await contentGone(store);
  const due = new Map<string, string[]>();
  for (const [before, tenants] of kept) {
    for (const { day, changedMs } of await spanPartitions(store, before)) {
      const open = tenants.filter((tenant) => {
        const notedMs = gone.get(contentKey(tenant, day));
        return notedMs === undefined || notedMs < changedMs + SECOND_MS;
      });
      if (open.length > 0) due.set(day, [...(due.get(day) ?? []), ...open]);
    }
  }
  return [...due]
    .map(([day, tenants]) => ({ day, tenants }))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** No repricing may run meanwhile: it would store a version of a span with what it has read before. */
export async function expireContent(
  deps: RetentionDeps,
  { day, tenants }: ContentDay,
  dryRun: boolean,
): Promise<DayOutcome> {
  const { store, contentRule, nowMs } = deps;
  const throughNs = BigInt(nowMs() - 1) * 1_000_000n;
  // By the clock that dates its parts, before anything is looked at: what changes from now on is looked at again.
  const lookedAtMs = await engineMs(store);
  await deps.stored();
  deps.assertHeld();
  const spansOf = await replaceContent(store, contentRule, { day, tenants, throughNs, dryRun });
  if (!dryRun) await noteContentGone(store, { day, throughNs, sealedAtMs: lookedAtMs, spansOf });
  const changed = [...spansOf].filter(([, spans]) => spans > 0);
  const rows = changed.reduce((sum, [, spans]) => sum + spans, 0);
  const of = changed.map(([tenant]) => tenant);
  return { what: 'content', day, tenants: of, rows, waiting: {}, difference: null };
}

async function engineMs(store: Store): Promise<number> {
  const [row] = await store.query<{ ms: string }>(
    'SELECT toString(toUnixTimestamp64Milli(now64(3))) AS ms',
  );
  return Number(row?.ms ?? 0);
}
