/** `aicost backup`, `restore`, `move`: a copy of everything, the way back, and the way to a server. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config-error.ts';
import type { Command, CommandInput } from './command.ts';
import { type OpenStoppedLedger, workOnLedger } from './ledger-door.ts';

const backedUpSchema = z.looseObject({
  to: z.string(),
  at: z.string(),
  files: z.int(),
  bytes: z.int(),
});

const progressSchema = z.looseObject({
  step: z.string(),
  files: z.int().optional(),
  files_total: z.int().optional(),
  bytes: z.int().optional(),
  bytes_total: z.int().optional(),
  journal_bytes: z.int().optional(),
  journal_bytes_max: z.int().optional(),
});

async function backup(input: CommandInput, open: OpenStoppedLedger): Promise<number> {
  const { flags, json, io } = input;
  const clickhouseTo = flags.get('clickhouse-to');
  const last = await workOnLedger(input, open, {
    operation: 'backup',
    body: {
      // The collector's working directory is another.
      to: resolve(requiredDirectory(flags, 'to')),
      ...(clickhouseTo === undefined ? {} : { clickhouse_to: clickhouseTo }),
    },
    show: progressText,
  });
  if (json) return 0;
  const { to, at, files, bytes } = backedUpSchema.parse(last);
  io.write(
    `Backed up to ${to}: ${files} files, ${bytes} bytes; all that was acknowledged before ${at} is in it. Whoever can read it has the keys and secrets too.\n`,
  );
  return 0;
}

function progressText(progress: unknown): string {
  const {
    step,
    files,
    files_total: ofFiles,
    bytes,
    bytes_total: ofBytes,
    journal_bytes: journal = 0,
    journal_bytes_max: journalMax = 0,
  } = progressSchema.parse(progress);
  if (step === 'waiting') return '  … waiting until what came in is stored\n';
  if (step === 'server') {
    return `  … the server backs its tables up; until it is done the journal has room for ${Math.max(0, journalMax - journal)} bytes, and then spans are refused\n`;
  }
  return `  … ${step}: ${files} of ${ofFiles} files, ${bytes} of ${ofBytes} bytes\n`;
}

/** @throws ConfigError where it is missing */
export function requiredDirectory(flags: CommandInput['flags'], name: string): string {
  const value = flags.get(name);
  if (value === undefined || value === '') {
    throw new ConfigError(
      `--${name} is missing; expected a directory, such as --${name} /backups/monday.`,
    );
  }
  return value;
}

type LoadCommand = () => Promise<(input: CommandInput) => Promise<number>>;

interface Loaded {
  /** Opens the ledger of a data directory on which no collector runs. */
  readonly stoppedLedger: OpenStoppedLedger;
  /** What stands on files and the engine. */
  readonly restore: LoadCommand;
  readonly move: LoadCommand;
}

export const backupCommands = ({ stoppedLedger, restore, move }: Loaded): readonly Command[] => [
  {
    name: 'backup',
    sentence: 'Copy tables, journal and keys into a directory, while the collector runs or not.',
    takes: 'data',
    flags: [
      {
        flag: 'to',
        value: 'directory',
        sentence: 'Where to: absent or empty, on the machine of the collector.',
      },
      {
        flag: 'clickhouse-to',
        value: 'place',
        sentence:
          'With --clickhouse-url, where the server puts its tables: disk:<name>/<path> or s3:<named collection>/<path>.',
      },
    ],
    positionals: [],
    run: (input) => backup(input, stoppedLedger),
  },
  {
    name: 'restore',
    sentence: 'Make a data directory of a backup; start a collector on it afterwards.',
    takes: 'data',
    flags: [{ flag: 'from', value: 'directory', sentence: 'The backup.' }],
    positionals: [],
    run: async (input) => (await restore())(input),
  },
  {
    name: 'move',
    sentence:
      'Copy the tables of a stopped embedded collector to the server of --clickhouse-url, and compare.',
    takes: 'data',
    flags: [
      {
        flag: 'again',
        value: null,
        sentence:
          'Move although it was moved already: for when no collector has run on the server since.',
      },
    ],
    positionals: [],
    run: async (input) => (await move())(input),
  },
];
