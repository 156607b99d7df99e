// From the words of a command line to an exit code: finds the command, reads its options, runs it, and turns
// mistakes into one sentence on standard error.
import { loadConfig } from '../config.ts';
import { ConfigError, EXIT_USAGE } from '../config-error.ts';
import { scrubKeys } from '../log.ts';
import { findCommand, parseArguments, unknownCommand } from './arguments.ts';
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
  // A command that takes no options must not fail for a variable it does not read.
  const environment = command.takes === 'none' ? {} : io.environment;
  const { config, warnings } = loadConfig(flags, environment);
  return command.run({ config, warnings, flags, positionals, json: flags.has('json'), io });
}

function writeMistake(io: CommandIo, message: string, isJson: boolean): void {
  const text = scrubKeys(message);
  io.writeError(isJson ? `${JSON.stringify({ error: text })}\n` : `aicost: ${text}\n`);
}
