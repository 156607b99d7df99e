// What a subcommand is: its name, its options, and a function from parsed input to an exit code.
import type { Readable, Writable } from 'node:stream';
import type { Config, Environment, LoadedConfig } from '../config.ts';

/** A flag of one subcommand, beside the options of the table. */
export interface CommandFlag {
  /** Name after `--`. */
  readonly flag: string;
  /** How its value is written in the help; null for a flag without a value. */
  readonly value: string | null;
  readonly sentence: string;
  /** It may be given more than once; its values arrive in one text, a line each. */
  readonly repeats?: true;
}

export interface CommandInput {
  readonly config: Config;
  readonly warnings: LoadedConfig['warnings'];
  /** Values of the command's own flags; a flag without a value is ''. */
  readonly flags: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  /** Whether `--json` was given: then standard output holds JSON and nothing else. */
  readonly json: boolean;
  readonly io: CommandIo;
}

/** The outside of a command, passed in so that tests can look at it. */
export interface CommandIo {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Standard output for bytes; `write` is for text. */
  readonly output?: Writable;
  readonly input: Readable;
  readonly environment: Environment;
  readonly now: () => Date;
}

export interface Command {
  /** One or two words, such as `start` or `keys create`. */
  readonly name: string;
  readonly sentence: string;
  /** Which options of the table it takes; `data`: those of a client, and of whoever opens a data directory. */
  readonly takes: 'server' | 'client' | 'data' | 'none';
  readonly flags: readonly CommandFlag[];
  /** Names of what stands without a flag; each is required. The last may end in `…`: once or more. */
  readonly positionals: readonly string[];
  /** @returns the exit code */
  readonly run: (input: CommandInput) => Promise<number>;
}

/** A command could not do its work: one readable sentence, exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode = 1;
}
