/**
 * One span may carry the same usage in several families of attributes (a gateway that writes OTel, OpenInference and
 * Langfuse names at once). They are alternatives, never summed: families that agree, or differ by exactly the cache
 * tokens, describe the same call, and the breakdown is taken from whichever has it. Where they truly differ,
 * authority decides and the conflict is told.
 */
import { hasUsage, type KnownInclusion, type RawUsage } from './raw-usage.ts';

/** Usage as one family of attributes tells it. */
export interface FamilyUsage {
  /** The dialect's name. */
  family: string;
  raw: RawUsage;
  inclusion: KnownInclusion | undefined;
  /** Higher is right in a true conflict. */
  authority: number;
}

export interface ReconciledUsage {
  raw: RawUsage;
  inclusion: KnownInclusion | undefined;
  /** Families that were not believed, e.g. `langfuse`; empty without a conflict. */
  conflicts: readonly string[];
}

/** One reading out of all families. With no usage at all the result is empty. */
export function reconcileUsage(families: readonly FamilyUsage[]): ReconciledUsage {
  const told = families
    .filter(({ raw }) => hasUsage(raw))
    .toSorted((a, b) => b.authority - a.authority);
  const [first, ...others] = told;
  if (first === undefined) {
    return { raw: {}, inclusion: undefined, conflicts: [] };
  }
  let result: ReconciledUsage = { raw: first.raw, inclusion: first.inclusion, conflicts: [] };
  for (const other of others) {
    result = merge(result, other);
  }
  return result;
}

function merge(result: ReconciledUsage, other: FamilyUsage): ReconciledUsage {
  const { raw } = result;
  const isSameOutput = isAlike(raw.output, other.raw.output, () => reasoningOf(raw, other.raw));
  const isSameInput = isAlike(raw.input, other.raw.input, () => cachedOf(raw, other.raw));
  if (!isSameInput || !isSameOutput) {
    return { ...result, conflicts: [...result.conflicts, other.family] };
  }
  const merged = fill(raw, other.raw);
  const [a, b] = [raw.input, other.raw.input];
  if (a === undefined || b === undefined || a === b) {
    const inclusion = result.inclusion ?? other.inclusion;
    return { raw: merged, inclusion, conflicts: result.conflicts };
  }
  // A total that is larger by exactly the cache tokens holds them; the smaller one does not.
  const larger = a > b ? raw : other.raw;
  return {
    raw: { ...merged, input: larger.input },
    inclusion: { ...result.inclusion, input: 'inclusive', evidence: 'families_differ_by_cache' },
    conflicts: result.conflicts,
  };
}

/** Amounts by which two totals of the same call may differ. */
function cachedOf(a: RawUsage, b: RawUsage): bigint[] {
  const read = a.cacheRead ?? b.cacheRead ?? 0n;
  const write = writesOf(a) ?? writesOf(b) ?? 0n;
  return [read, write, read + write];
}

function writesOf({ cacheWrite, cacheWrite5m, cacheWrite1h }: RawUsage): bigint | undefined {
  const parts = [cacheWrite, cacheWrite5m, cacheWrite1h].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + part, 0n);
}

function reasoningOf(a: RawUsage, b: RawUsage): bigint[] {
  return [a.reasoning ?? b.reasoning ?? 0n];
}

/** Equal, or one not told, or apart by exactly one of `differences`. */
function isAlike(
  a: bigint | undefined,
  b: bigint | undefined,
  differences: () => readonly bigint[],
): boolean {
  if (a === undefined || b === undefined || a === b) {
    return true;
  }
  const distance = a > b ? a - b : b - a;
  return differences().includes(distance);
}

/** What the first does not tell is taken from the second. */
function fill(first: RawUsage, second: RawUsage): RawUsage {
  const merged: RawUsage = { ...second };
  for (const key of Object.keys(first) as (keyof RawUsage)[]) {
    if (first[key] !== undefined) {
      Object.assign(merged, { [key]: first[key] });
    }
  }
  return splitsOnce(merged, first, second);
}

/** Cache writes told in all by one family and by TTL by the other: both together would be counted twice. */
function splitsOnce(merged: RawUsage, first: RawUsage, second: RawUsage): RawUsage {
  const isDisjoint =
    tellsRestAndTtl(first) || (first.cacheWrite === undefined && tellsRestAndTtl(second));
  if (merged.cacheWrite === undefined || isDisjoint || !tellsRestAndTtl(merged)) {
    return merged;
  }
  const byTtl = (merged.cacheWrite5m ?? 0n) + (merged.cacheWrite1h ?? 0n);
  if (byTtl === 0n) {
    return merged;
  }
  const rest = merged.cacheWrite - byTtl;
  return { ...merged, cacheWrite: rest > 0n ? rest : undefined };
}

/** A family that tells both tells them disjoint: `cacheWrite` is what is left. */
function tellsRestAndTtl({ cacheWrite, cacheWrite5m, cacheWrite1h }: RawUsage): boolean {
  return cacheWrite !== undefined && (cacheWrite5m ?? cacheWrite1h) !== undefined;
}
