import type { RawUsage } from './raw-usage.ts';

/** Cache writes told in all and by TTL, each once: only what the TTLs leave over has none told. */
export function withWritesOnce(usage: RawUsage): RawUsage {
  const { cacheWrite5m, cacheWrite1h } = usage;
  const isSplit = cacheWrite5m !== undefined || cacheWrite1h !== undefined;
  if (usage.cacheWrite === undefined || !isSplit) {
    return usage;
  }
  const byTtl = (cacheWrite5m ?? 0n) + (cacheWrite1h ?? 0n);
  if (byTtl === 0n) {
    return usage;
  }
  const rest = usage.cacheWrite - byTtl;
  return { ...usage, cacheWrite: rest > 0n ? rest : undefined };
}
