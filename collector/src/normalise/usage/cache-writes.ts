import type { RawUsage } from './raw-usage.ts';

/** Cache writes told in all and by TTL, each once: only what the TTLs leave over has none told. */
export function withWritesOnce(usage: RawUsage): RawUsage {
  const byTtl = (usage.cacheWrite5m ?? 0n) + (usage.cacheWrite1h ?? 0n);
  if (usage.cacheWrite === undefined || byTtl === 0n) {
    return usage;
  }
  const rest = usage.cacheWrite - byTtl;
  return { ...usage, cacheWrite: rest > 0n ? rest : undefined };
}
