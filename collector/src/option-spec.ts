// What is told of an option, and how one is declared.
import type { z } from 'zod';

export interface OptionSpec<T, D extends string | null = string | null> {
  /** Name after `--`; null where the value must not stand on a command line. */
  readonly flag: string | null;
  /** Environment variable; null where there is none. */
  readonly env: string | null;
  readonly schema: z.ZodType<T, string>;
  /** The text that is read when nothing is said; null means unset, and the value is then null. */
  readonly byDefault: D;
  /** What a right value looks like, as the end of "expected …". */
  readonly expected: string;
  /** One sentence for `--help` and the reference. */
  readonly sentence: string;
  /** Who takes it: `client` tells a subcommand how to reach a collector; absent, it configures one. */
  readonly section?: 'client' | 'both';
  /** A subcommand that may have to open a data directory itself takes it too. */
  readonly opensData?: true;
  /** A secret is never repeated in a message. */
  readonly secret?: true;
  /** The option is accepted, but nothing acts on it yet: the start says so once. */
  readonly notBuiltYet?: true;
}

export const option = <T, D extends string | null>(spec: OptionSpec<T, D>): OptionSpec<T, D> =>
  spec;
