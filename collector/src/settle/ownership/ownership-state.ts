/**
 * Who settles, as collectors on a cluster agree on it, and what may still come from those who settled before. Pure:
 * each change gives the state that is to follow. Times are milliseconds since 1970, by the clock of whom they are
 * about.
 */
import { z } from 'zod';

const holderSchema = z.strictObject({
  /** The journal's id, random for each start of a collector. */
  writer: z.string(),
  /** For people: where the collector is. */
  name: z.string(),
  /** The number of the record in which it became the owner. */
  epoch: z.int(),
  /** Grows with each renewal: one that stands still is of an owner that is gone. */
  beat: z.int(),
  /** All that it recorded before this was stored when it renewed. */
  storedThroughMs: z.int(),
});

/** An owner that ended without a word: entries that it recorded may be in its journal, and be stored at any time. */
const debtSchema = z.strictObject({
  writer: z.string(),
  name: z.string(),
  /** Entries that it recorded before this were stored. */
  sinceMs: z.int(),
  /** What its data directory said once nothing of them was left there: under which ids, and when by its clock. */
  stored: z.strictObject({ writers: z.array(z.string()), throughMs: z.int() }).nullable(),
  /** Of a collector that put back what was set aside: the names of these segments, which are stored. */
  reentered: z.array(z.string()).optional(),
});

export const ownershipStateSchema = z.strictObject({
  holder: holderSchema.nullable(),
  debts: z.array(debtSchema),
});

export type Holder = Readonly<z.infer<typeof holderSchema>>;
export type Debt = Readonly<z.infer<typeof debtSchema>>;
export interface OwnershipState {
  readonly holder: Holder | null;
  readonly debts: readonly Debt[];
}

/** 200 bytes each, in a record that is read every 10 s. */
const DEBTS_MAX = 100;

export const NOBODY: OwnershipState = { holder: null, debts: [] };

/** Who asks, and up to when all that it recorded is stored. */
export type Claimant = Pick<Holder, 'writer' | 'name' | 'storedThroughMs'>;

/** Who put back which segments, and when. */
interface PutBack extends Pick<Holder, 'writer' | 'name'> {
  readonly nowMs: number;
  readonly reentered: readonly string[];
}

/** The claimant becomes the owner in the record `epoch`; whom it replaces leaves a debt. */
export function claimed(state: OwnershipState, claimant: Claimant, epoch: number): OwnershipState {
  const holder = { ...claimant, epoch, beat: 0 };
  if (state.holder === null) return { ...state, holder };
  const { writer, name, storedThroughMs: sinceMs } = state.holder;
  return { holder, debts: bounded([...state.debts, { writer, name, sinceMs, stored: null }]) };
}

/** What a lost disk owes is never stored: of too many the oldest goes, which is most likely of one. */
function bounded(debts: readonly Debt[]): readonly Debt[] {
  if (debts.length <= DEBTS_MAX) return debts;
  const oldest = debts.findIndex(({ stored }) => stored === null);
  return debts.toSpliced(Math.max(0, oldest), 1);
}

/** The owner says that it is there. A state that it does not hold stays as it is. */
export function renewed(state: OwnershipState, { writer, storedThroughMs }: Claimant) {
  const { holder } = state;
  if (holder?.writer !== writer) return state;
  return { ...state, holder: { ...holder, beat: holder.beat + 1, storedThroughMs } };
}

/** The owner leaves; all that it recorded is stored. */
export function released(state: OwnershipState, writer: string): OwnershipState {
  return state.holder?.writer === writer ? { ...state, holder: null } : state;
}

/** All that a data directory had from these writers is stored. */
export function reported(
  state: OwnershipState,
  stored: NonNullable<Debt['stored']>,
): OwnershipState {
  const debts = state.debts.map((debt) =>
    isUnstoredOf(debt, stored.writers) ? { ...debt, stored } : debt,
  );
  return { ...state, debts };
}

/** A data directory put back segments that were set aside, and they are stored: whoever settles is to look at them. */
export function owing(state: OwnershipState, told: PutBack): OwnershipState {
  const { writer, name, nowMs: throughMs, reentered } = told;
  const stored = { writers: [], throughMs };
  const debt = { writer, name, sinceMs: 0, stored, reentered: [...reentered] };
  return { ...state, debts: [...state.debts, debt] };
}

/** Whether what this writer told of segments that were put back was not looked at yet. */
export function owesReentered({ debts }: OwnershipState, writer: string): boolean {
  return debts.some((debt) => debt.writer === writer && debt.reentered !== undefined);
}

/** These debts were looked at, and nothing is left of them. */
export function forgiven(state: OwnershipState, looked: readonly Debt[]): OwnershipState {
  const isLooked = ({ writer, sinceMs }: Debt) =>
    looked.some((debt) => debt.writer === writer && debt.sinceMs === sinceMs);
  return { ...state, debts: state.debts.filter((debt) => !isLooked(debt)) };
}

/** Whether the debt is one of these writers, which have not said yet that all of it is stored. */
export function isUnstoredOf({ writer, stored }: Debt, writers: readonly string[]): boolean {
  return stored === null && writers.includes(writer);
}
