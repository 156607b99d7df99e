// Splits a command line into command, flags and positionals.
// Invariant: nothing is ignored. What is not known is an error that names the nearest known name.
import { nearestName } from '../config.ts';
import { ConfigError } from '../config-error.ts';
import { parseKey } from '../key-format.ts';
import type { OptionSpec } from '../option-spec.ts';
import { OPTIONS } from '../options.ts';
import type { Command } from './command.ts';

export interface ParsedLine {
  readonly command: Command;
  readonly flags: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

/** Flags every command takes. */
export const COMMON_FLAGS: Command['flags'] = [
  { flag: 'json', value: null, sentence: 'Answer in JSON.' },
  { flag: 'help', value: null, sentence: 'Say what the command does and which options it takes.' },
];

/** The options of the table that a command takes. */
export function optionsOf(takes: Command['takes']): OptionSpec<unknown>[] {
  if (takes === 'none') return [];
  const of = takes === 'data' ? 'client' : takes;
  return Object.values<OptionSpec<unknown>>(OPTIONS).filter(
    ({ section, opensData }) =>
      section === 'both' ||
      (section ?? 'server') === of ||
      (takes === 'data' && opensData === true),
  );
}

/** Finds the command that a line begins with; the longest name wins. */
export function findCommand(
  commands: readonly Command[],
  line: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const words of [3, 2, 1]) {
    const command = commands.find(({ name }) => name === line.slice(0, words).join(' '));
    if (command !== undefined) return { command, rest: line.slice(words) };
  }
  return undefined;
}

/** The error for a line that begins with no command. */
export function unknownCommand(commands: readonly Command[], line: readonly string[]): ConfigError {
  const names = commands.map(({ name }) => name);
  if (line[0]?.startsWith('-')) {
    return new ConfigError(
      `${line[0]} stands before the command; expected aicost <command> ${line[0]}.`,
    );
  }
  const words = line.filter((word) => !word.startsWith('-')).slice(0, 2);
  const family = names.filter((name) => name.startsWith(`${words[0]} `));
  if (family.length > 0) {
    const given = words.join(' ');
    return new ConfigError(`${given} is not a command; expected one of: ${family.join(', ')}.`);
  }
  const near = nearestName(words.join(' '), names) ?? nearestName(words[0] ?? '', names);
  const hint = near === undefined ? 'aicost --help lists them' : `did you mean ${near}?`;
  return new ConfigError(
    `${JSON.stringify(words[0])} is not a command; ${hint}.`.replace('?.', '?'),
  );
}

/**
 * Parses what follows the name of a command: `--flag value`, `--flag=value`, `--switch`, and positionals.
 * @throws ConfigError for an unknown flag, a missing value, or a positional too many or too few
 */
export function parseArguments(command: Command, line: readonly string[]): ParsedLine {
  const takesValue = new Map<string, boolean>();
  for (const { flag } of optionsOf(command.takes)) if (flag !== null) takesValue.set(flag, true);
  for (const { flag, value } of [...command.flags, ...COMMON_FLAGS]) {
    takesValue.set(flag, value !== null);
  }
  const repeating = new Set(command.flags.filter(({ repeats }) => repeats).map(({ flag }) => flag));
  const flags = new Map<string, string>();
  const positionals: string[] = [];
  const words = line.values();
  for (const word of words) {
    refuseKey(word);
    if (!word.startsWith('-') || word === '-') {
      positionals.push(word);
      continue;
    }
    const [name, given] = splitFlag(word);
    const wants = takesValue.get(name);
    if (wants === undefined) throw unknownFlag(command, word, [...takesValue.keys()]);
    const value = given ?? (wants ? words.next().value : '');
    const checked = checkValue({ name, wants, given, value });
    const before = repeating.has(name) ? flags.get(name) : undefined;
    flags.set(name, before === undefined ? checked : `${before}\n${checked}`);
  }
  if (!flags.has('help')) checkPositionals(command, positionals);
  return { command, flags, positionals };
}

function splitFlag(word: string): [string, string | undefined] {
  const body = word === '-h' ? 'help' : word.replace(/^--/, '');
  const equals = body.indexOf('=');
  return equals < 0 ? [body, undefined] : [body.slice(0, equals), body.slice(equals + 1)];
}

interface FlagWord {
  readonly name: string;
  readonly wants: boolean;
  readonly given: string | undefined;
  readonly value: string | undefined;
}

function checkValue({ name, wants, given, value }: FlagWord): string {
  if (!wants && given !== undefined) {
    throw new ConfigError(`--${name} is a switch; expected it without a value.`);
  }
  // A flag where the value should be is a forgotten value; one that begins with -- can be given as --flag=value.
  if (value === undefined || (given === undefined && value.startsWith('--'))) {
    throw new ConfigError(
      `--${name} has no value; expected --${name} <value> or --${name}=<value>.`,
    );
  }
  refuseKey(value);
  return value;
}

/** A command line is readable by every user of the machine, and kept in shell histories. */
function refuseKey(word: string): void {
  if (parseKey(word.slice(word.indexOf('=') + 1)) === undefined) return;
  throw new ConfigError(
    'A key stands on the command line; expected it in AICOST_KEY or in a file named by --key-file. Rotate it.',
  );
}

function unknownFlag(command: Command, word: string, known: readonly string[]): ConfigError {
  const [name] = splitFlag(word);
  const nearest = nearestName(name.replace(/^-+/, ''), known);
  const elsewhere = Object.values<OptionSpec<unknown>>(OPTIONS).some(({ flag }) => flag === name);
  const hint = elsewhere
    ? `aicost ${command.name} does not take it.`
    : nearest === undefined
      ? `aicost ${command.name} --help lists those that are.`
      : `did you mean --${nearest}?`;
  return new ConfigError(`--${name.replace(/^-+/, '')} is not an option here; ${hint}`);
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const wanted = command.positionals;
  const mayBeMore = wanted.at(-1)?.endsWith('…') === true;
  if (given.length === wanted.length || (mayBeMore && given.length > wanted.length)) return;
  const shape = [`aicost ${command.name}`, ...wanted.map((name) => `<${name}>`)].join(' ');
  const found =
    given.length === 0 ? 'nothing' : given.map((word) => JSON.stringify(word)).join(' ');
  throw new ConfigError(`aicost ${command.name} is followed by ${found}; expected ${shape}.`);
}
