// What a command answers: the same for a program and for a person.
import type { CommandInput } from './command.ts';

/** JSON in one line with --json, else the text. @returns the exit code of a command that did its work */
export function writeAnswer(
  { io, json }: CommandInput,
  answer: unknown,
  text: () => string,
): number {
  io.write(json ? `${JSON.stringify(answer)}\n` : text());
  return 0;
}
