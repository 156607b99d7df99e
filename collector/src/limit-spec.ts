// What is told of a limit, and how one is declared.
import type { OptionName } from './options.ts';
import type { ProblemCode } from './problems.ts';

/** What a tenant's own value may be; `null` (no limit) only where `mayBeUnlimited`. */
export interface OverrideRange {
  readonly least: number;
  readonly most: number;
  readonly mayBeUnlimited: boolean;
}

export interface LimitSpec {
  /** Whether each tenant has it for itself, or all requests of the collector share it. */
  readonly scope: 'tenant' | 'collector';
  readonly unit: string;
  /** null: no limit, or one that an option sets. */
  readonly byDefault: number | null;
  /** The option that sets it for the whole collector. */
  readonly option?: OptionName;
  /** Absent where a tenant cannot have a value of its own. */
  readonly override?: OverrideRange;
  /** What a request beyond it is answered; null: see `answer`. */
  readonly problem: ProblemCode | null;
  /** What happens beyond it, where no problem is answered. */
  readonly answer?: string;
  /** Its hits show only among the problems, or the HTTP answers, of their code. */
  readonly isUncounted?: true;
  readonly sentence: string;
  /** Why there is such a limit, and why this value. */
  readonly reason: string;
}

export const limit = <const S extends LimitSpec>(spec: S): S => spec;
