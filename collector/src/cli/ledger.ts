/** `aicost settle`, `verify`, `reprice`, `retention`: work on the whole ledger. */
import { z } from 'zod';
import { ConfigError } from '../config-error.ts';
import type { Command, CommandInput } from './command.ts';
import { type OpenStoppedLedger, workOnLedger } from './ledger-door.ts';
import { differenceTables, verdict } from './ledger-text.ts';
import { expiredText, expiryLine } from './retention-text.ts';

const settledSchema = z.looseObject({
  traces: z.int(),
  corrected: z.int(),
  entries: z.int(),
  resolved: z.int().default(0),
  settled_through: z.string(),
});

async function settle(input: CommandInput, open: OpenStoppedLedger): Promise<number> {
  const last = await workOnLedger(input, open, {
    operation: 'settle',
    show: (progress) => `  … ${String(progress['traces'])} traces\n`,
  });
  const {
    traces,
    corrected,
    entries,
    resolved,
    settled_through: through,
  } = settledSchema.parse(last);
  if (!input.json) {
    input.io.write(
      `Settled ${traces} traces: ${corrected} got ${entries} correcting entries. ${resolved} were settled as they came in. Settled through ${through}.\n`,
    );
  }
  return 0;
}

async function verify(input: CommandInput, open: OpenStoppedLedger): Promise<number> {
  const last = await workOnLedger(input, open, {
    operation: 'verify',
    show: (progress) => `  … ${String(progress['day'])}\n`,
  });
  const { ok, text } = verdict(last);
  if (!input.json) input.io.write(text);
  return ok ? 0 : 1;
}

const repricedSchema = z.looseObject({
  charges: z.int(),
  changed: z.int(),
  entries: z.int(),
  difference_usd: z.string(),
  skipped: z.record(z.string(), z.int()),
});

async function reprice(input: CommandInput, open: OpenStoppedLedger): Promise<number> {
  const { flags, io, json } = input;
  const dryRun = flags.has('dry-run');
  const range = { from: required(flags, 'from'), to: required(flags, 'to') };
  const tenant = flags.get('tenant');
  const last = await workOnLedger(input, open, {
    operation: 'reprice',
    body: {
      ...range,
      rules: flags.has('rules'),
      dry_run: dryRun,
      ...(tenant === undefined ? {} : { tenant }),
    },
    show: (progress) => {
      if (progress['step'] !== 'difference') {
        return `  … ${String(progress['step'])}: ${String(progress['changed'])} of ${String(progress['charges'])} charges change\n`;
      }
      io.write(differenceTables(progress));
      return '';
    },
  });
  if (json) return 0;
  const {
    charges,
    changed,
    entries,
    difference_usd: difference,
    skipped,
  } = repricedSchema.parse(last);
  const done = dryRun ? 'Nothing was appended: a dry run.' : `Appended ${entries} entries.`;
  io.write(`${changed} of ${charges} charges change, by ${difference} USD in all. ${done}\n`);
  for (const [reason, count] of Object.entries(skipped)) {
    io.write(`Left out: ${count}, ${reason}.\n`);
  }
  return 0;
}

async function retention(input: CommandInput, open: OpenStoppedLedger): Promise<number> {
  const last = await workOnLedger(input, open, {
    operation: 'retention',
    body: { dry_run: input.flags.has('dry-run') },
    show: expiryLine,
  });
  if (!input.json) input.io.write(expiredText(last));
  return 0;
}

function required(flags: CommandInput['flags'], name: string): string {
  const value = flags.get(name);
  if (value === undefined) {
    throw new ConfigError(
      `--${name} is missing; expected an RFC 3339 time, now, or now-<n>[mhdw], such as --${name} now-7d.`,
    );
  }
  return value;
}

const TIME = 'RFC 3339, now, or now-<n>[mhdw]';

/** `open` opens the ledger of a data directory on which no collector runs. */
export const ledgerCommands = (open: OpenStoppedLedger): readonly Command[] => [
  {
    name: 'settle',
    sentence: 'Settle now what was received, idle or not: who is billed, and for whom.',
    takes: 'data',
    flags: [],
    positionals: [],
    run: (input) => settle(input, open),
  },
  {
    name: 'verify',
    sentence: 'Compare spans, ledger and rollups to the last digit; ends with 1 on a difference.',
    takes: 'data',
    flags: [],
    positionals: [],
    run: (input) => verify(input, open),
  },
  {
    name: 'reprice',
    sentence: 'Append what calls cost more or less at the price book as it is now.',
    takes: 'data',
    flags: [
      { flag: 'from', value: 'time', sentence: `Calls that started at or after: ${TIME}.` },
      { flag: 'to', value: 'time', sentence: 'Calls that started before.' },
      { flag: 'tenant', value: 'name', sentence: 'Of this tenant only.' },
      {
        flag: 'rules',
        value: null,
        sentence: 'Read the stored spans again, by the rules of now, and not only the prices.',
      },
      {
        flag: 'dry-run',
        value: null,
        sentence: 'Show the difference by model and feature, and append nothing.',
      },
    ],
    positionals: [],
    run: (input) => reprice(input, open),
  },
  {
    name: 'retention',
    sentence: 'Let expire now what is older than the retention says: whole UTC days.',
    takes: 'data',
    flags: [
      { flag: 'dry-run', value: null, sentence: 'Show what is due, and let nothing expire.' },
    ],
    positionals: [],
    run: (input) => retention(input, open),
  },
];
