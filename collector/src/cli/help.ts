// `--help`, made from the tables of commands and options, so that it cannot say anything else than they do.
import type { OptionSpec } from '../option-spec.ts';
import { COMMON_FLAGS, optionsOf } from './arguments.ts';
import type { Command } from './command.ts';

const WIDTH = 30;

const line = (left: string, right: string): string =>
  left.length < WIDTH
    ? `  ${left.padEnd(WIDTH)}${right}`
    : `  ${left}\n${' '.repeat(WIDTH + 2)}${right}`;

function optionLine(spec: OptionSpec<unknown>): string {
  const name = spec.flag === null ? `${spec.env}` : `--${spec.flag} <value>`;
  const notes = [
    spec.byDefault === null ? undefined : `default ${spec.byDefault}`,
    spec.flag === null || spec.env === null ? undefined : spec.env,
    spec.notBuiltYet ? 'nothing acts on it yet' : undefined,
  ].filter((note) => note !== undefined);
  return line(name, notes.length === 0 ? spec.sentence : `${spec.sentence} (${notes.join('; ')})`);
}

/** The help of the whole program: its commands. */
export function overviewHelp(commands: readonly Command[]): string {
  return [
    'aicost: what was spent on LLM calls, to the last digit.',
    '',
    'Usage: aicost <command> [options]',
    '',
    'Commands:',
    ...commands.map(({ name, sentence }) => line(name, sentence)),
    '',
    'aicost <command> --help lists the options of one. Flags win over variables.',
    '',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const shape = ['aicost', command.name, ...command.positionals.map((name) => `<${name}>`)];
  const own = [...command.flags, ...COMMON_FLAGS].map(({ flag, value, sentence }) =>
    line(value === null ? `--${flag}` : `--${flag} <${value}>`, sentence),
  );
  return [
    command.sentence,
    '',
    `Usage: ${shape.join(' ')} [options]`,
    '',
    'Options:',
    ...own,
    ...optionsOf(command.takes).map(optionLine),
    '',
  ].join('\n');
}
