/** `aicost settle`: work on the whole ledger, asked of the running collector. */
import { z } from 'zod';
import { findKey, openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { followLongWork } from './long-work.ts';

const settledSchema = z.looseObject({
  traces: z.int(),
  corrected: z.int(),
  entries: z.int(),
  settled_through: z.string(),
});

async function settle(input: CommandInput): Promise<number> {
  const { config, io, json } = input;
  const { url } = await openCollectorClient(config);
  const last = await followLongWork({
    url,
    key: await findKey(config),
    path: '/api/v1/admin/settle',
    onProgress: (progress) => {
      if (!json) {
        io.writeError(`  … ${String(progress['traces'])} traces\n`);
      }
    },
  });
  if (json) {
    io.write(`${JSON.stringify(last)}\n`);
    return 0;
  }
  const { traces, corrected, entries, settled_through: through } = settledSchema.parse(last);
  io.write(
    `Settled ${traces} traces: ${corrected} got ${entries} correcting entries. Settled through ${through}.\n`,
  );
  return 0;
}

export const LEDGER_COMMANDS: readonly Command[] = [
  {
    name: 'settle',
    sentence: 'Settle now what was received, idle or not: who is billed, and for whom.',
    takes: 'client',
    flags: [],
    positionals: [],
    run: settle,
  },
];
