/** Groups of several traces, which more than one step of a pass may load: only the first settles them. */
import type { LoadedGroup } from './load-groups.ts';

export function traceIdsOf({ spans }: LoadedGroup): string[] {
  return [...new Set(spans.map(({ traceId }) => traceId))];
}

/** Whether no trace of the group was settled in this pass already; remembers those of a group of several. */
export function isFirstSeen(tenant: string, group: LoadedGroup, together: Set<string>): boolean {
  const keys = traceIdsOf(group).map((traceId) => `${tenant}/${traceId}`);
  const isNew = !keys.some((key) => together.has(key));
  if (keys.length > 1) {
    for (const key of keys) {
      together.add(key);
    }
  }
  return isNew;
}
