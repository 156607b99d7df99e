/** `aicost move`: from the embedded engine to a server. */
import type { Command, CommandInput } from './command.ts';

/** `load` loads what moves, which stands on the engine. */
export const moveCommand = (
  load: () => Promise<(input: CommandInput) => Promise<number>>,
): Command => ({
  name: 'move',
  sentence:
    'Copy the tables of a stopped embedded collector to the server of --clickhouse-url, and compare.',
  takes: 'data',
  flags: [],
  positionals: [],
  run: async (input) => (await load())(input),
});
