/**
 * All prompts of a question → groups of near-identical ones, and what all others come to. Invariant: every call that
 * was taken is in exactly one of groups, other and alone.
 */
import { AttoSums } from './atto-sums.ts';
import { findShared } from './band-neighbours.ts';
import { GroupTable } from './group-table.ts';
import { BANDS, LeaderGroups } from './leader-groups.ts';
import { inOrderOfFirstCalls } from './prompt-order.ts';
import type { PromptTable } from './prompt-table.ts';

/** So many prompts that share a band with others and are not near-identical to any are kept to compare with: 75 MB. */
const LEADERS_MAX = 262_144;
/** Some seconds of work. Only prompts of which very many are nearly similar enough need so many. */
const COMPARISONS_MAX = 100_000_000;

export interface GroupSums {
  readonly calls: number;
  readonly unpricedCalls: number;
  readonly costAtto: bigint;
}

export interface PromptGroup extends GroupSums {
  readonly prompts: number;
  readonly similarityMin: number;
  readonly similarityMean: number;
  readonly maker: number;
  /** All of them, in order; '' is one that was not told. */
  readonly models: readonly string[];
  readonly features: readonly string[];
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** Identity of the first call. */
  readonly firstCall: bigint;
}

export interface Grouping {
  /** Of two calls or more, most expensive first. */
  readonly groups: readonly PromptGroup[];
  readonly other: GroupSums & { readonly groups: number };
  readonly alone: GroupSums;
}

interface GroupingWish {
  readonly threshold: number;
  readonly limit: number;
}

/** Undefined: it is more work than one question may be. */
export function groupPrompts(table: PromptTable, wish: GroupingWish): Grouping | undefined {
  const groups = new GroupTable(table);
  const groupOf = new Int32Array(table.count).fill(-1);
  const isShared = findShared(table.sketches, table.count, BANDS);
  if (!groupShared({ table, groups, groupOf }, isShared, wish)) return undefined;
  const alone = new Remainder();
  for (let prompt = 0; prompt < table.count; prompt++) {
    if (isShared[prompt] === 1) continue;
    if (table.calls[prompt]! > 1) {
      groupOf[prompt] = groups.count;
      groups.add(groups.count, prompt, 1);
    } else alone.add(table, prompt);
  }
  return summed({ table, groups, groupOf }, alone, wish.limit);
}

interface Grouped {
  readonly table: PromptTable;
  readonly groups: GroupTable;
  /** By prompt; -1: it is alone. */
  readonly groupOf: Int32Array;
}

/** False: it is too much. Groups have the numbers of their leaders. */
function groupShared(
  { table, groups, groupOf }: Grouped,
  isShared: Uint8Array,
  { threshold }: GroupingWish,
): boolean {
  const leaders = new LeaderGroups({ threshold, leadersMax: LEADERS_MAX });
  const { sketches, makers } = table;
  for (const prompt of inOrderOfFirstCalls(numbersOf(isShared), table)) {
    const page = sketches.pageOf(prompt);
    const { group, similarity } = leaders.place(page, makers[prompt]!, sketches.placeOf(prompt));
    if (group === -1 || leaders.comparisons > COMPARISONS_MAX) return false;
    groupOf[prompt] = group;
    groups.add(group, prompt, similarity);
  }
  return true;
}

/** The numbers that are marked. */
function numbersOf(marks: Uint8Array): Uint32Array {
  const numbers = new Uint32Array(marks.length);
  let count = 0;
  for (let number = 0; number < marks.length; number++) {
    if (marks[number] === 1) numbers[count++] = number;
  }
  return numbers.subarray(0, count);
}

function summed(grouped: Grouped, alone: Remainder, limit: number): Grouping {
  const { groups } = grouped;
  const shown = groups.dearest(limit);
  const isShown = new Set(shown);
  const other = new Remainder();
  for (let group = 0; group < groups.count; group++) {
    if (groups.calls[group]! <= 1) alone.add(groups, group);
    else if (!isShown.has(group)) other.add(groups, group);
  }
  const names = namesOf(grouped, shown);
  return {
    groups: shown.map((group, n) => ({ ...promptGroup(grouped, group), ...names[n]! })),
    other: { groups: other.added, ...other.sums },
    alone: alone.sums,
  };
}

function promptGroup({ table, groups }: Grouped, group: number) {
  const first = groups.firstPrompt[group]!;
  return {
    ...sumsAt(groups, group),
    prompts: groups.prompts[group]!,
    similarityMin: groups.similarityMin[group]!,
    similarityMean: groups.similaritySum[group]! / groups.calls[group]!,
    maker: table.makers[first]!,
    firstNs: wordsAt(table.firstNs, first),
    lastNs: wordsAt(table.lastNs, groups.lastPrompt[group]!),
    firstCall: wordsAt(table.firstCall, first),
  };
}

function namesOf({ table, groups, groupOf }: Grouped, shown: readonly number[]) {
  const placeOf = new Int32Array(groups.count).fill(-1);
  for (const [place, group] of shown.entries()) placeOf[group] = place;
  const names = shown.map(() => ({ models: new Set<string>(), features: new Set<string>() }));
  const shownAt = (prompt: number) => {
    const group = groupOf[prompt]!;
    return group === -1 ? undefined : names[placeOf[group]!];
  };
  for (let prompt = 0; prompt < table.count; prompt++) {
    const told = shownAt(prompt);
    if (told === undefined) continue;
    told.models.add(table.models.firstOf(prompt));
    told.features.add(table.features.firstOf(prompt));
  }
  for (const [prompt, model] of table.models.differing()) shownAt(prompt)?.models.add(model);
  for (const [prompt, feature] of table.features.differing())
    shownAt(prompt)?.features.add(feature);
  return names.map(({ models, features }) => ({
    models: [...models].sort(),
    features: [...features].sort(),
  }));
}

/** What has calls and costs by number: prompts, or groups. */
type Summed = Pick<GroupTable, 'calls' | 'unpricedCalls' | 'costs'>;

/** What is told as one sum. */
class Remainder {
  added = 0;
  private calls = 0;
  private unpricedCalls = 0;
  private readonly cost = new AttoSums(1);

  add({ calls, unpricedCalls, costs }: Summed, number: number): void {
    this.added += 1;
    this.calls += calls[number]!;
    this.unpricedCalls += unpricedCalls[number]!;
    this.cost.addOf(0, costs, number);
  }

  get sums(): GroupSums {
    const { calls, unpricedCalls, cost } = this;
    return { calls, unpricedCalls, costAtto: cost.of(0) };
  }
}

const sumsAt = ({ calls, unpricedCalls, costs }: Summed, number: number): GroupSums => ({
  calls: calls[number]!,
  unpricedCalls: unpricedCalls[number]!,
  costAtto: costs.of(number),
});

const wordsAt = (words: Uint32Array, number: number): bigint =>
  (BigInt(words[2 * number + 1]!) << 32n) | BigInt(words[2 * number]!);
