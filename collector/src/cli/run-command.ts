// From the words of a command line to an exit code: finds the command, reads its options, runs it, and turns
// mistakes into one sentence on standard error.
import { type Environment, loadConfig } from '../config.ts';
import { ConfigError, EXIT_USAGE } from '../config-error.ts';
import { scrubKeys } from '../log.ts';
import type { OptionSpec } from '../option-spec.ts';
import { OPTIONS } from '../options.ts';
import { findCommand, optionsOf, parseArguments, unknownCommand } from './arguments.ts';
import { type Command, CommandError, type CommandIo } from './command.ts';
import { commandHelp, overviewHelp } from './help.ts';

/** Runs one command line. @returns the exit code: 0 done, 1 could not, 2 called wrongly */
export async function runCommand(
  commands: readonly Command[],
  line: readonly string[],
  io: CommandIo,
): Promise<number> {
  const isJson = line.includes('--json');
  try {
    return await run(commands, line, io);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof CommandError) {
      writeMistake(io, error.message, isJson);
      return error.exitCode;
    }
    throw error;
  }
}

async function run(commands: readonly Command[], line: readonly string[], io: CommandIo) {
  const first = line[0];
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const text = overviewHelp(commands);
    if (first === undefined) io.writeError(text);
    else io.write(text);
    return first === undefined ? EXIT_USAGE : 0;
  }
  const found = findCommand(commands, line);
  if (found === undefined) throw unknownCommand(commands, line);
  const { command } = found;
  const { flags, positionals } = parseArguments(command, found.rest);
  if (flags.has('help')) {
    io.write(commandHelp(command));
    return 0;
  }
  // A flag of the command's own may have the name of an option that the command does not take (--sql of keys create).
  const own = new Set(command.flags.map(({ flag }) => flag));
  const options = new Map([...flags].filter(([flag]) => !own.has(flag)));
  const { config, warnings } = loadConfig(options, environmentFor(command, io.environment));
  return command.run({ config, warnings, flags, positionals, json: flags.has('json'), io });
}

/** A command must not fail for the variable of an option it does not take. */
function environmentFor(command: Command, environment: Environment): Environment {
  const taken = new Set(optionsOf(command.takes).map(({ env }) => env));
  const other = Object.values<OptionSpec<unknown>>(OPTIONS).flatMap(({ env }) =>
    env === null || taken.has(env) ? [] : [env],
  );
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !other.includes(name)));
}

function writeMistake(io: CommandIo, message: string, isJson: boolean): void {
  const text = scrubKeys(message);
  io.writeError(isJson ? `${JSON.stringify({ error: text })}\n` : `aicost: ${text}\n`);
}
