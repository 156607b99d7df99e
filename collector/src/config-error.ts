// What is wrong with how the program was called: an option, a variable, a file it names.
// Such an error ends the process with code 2 and one readable paragraph, never with a stack trace.

/** Exit code of every command that was called wrongly. */
export const EXIT_USAGE = 2;

/** A mistake in the command line or the environment. The message names what, the value, what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exitCode = EXIT_USAGE;
}
