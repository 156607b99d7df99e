// `aicost keys create|list|rotate|revoke`: asks the running collector; where none runs on the data directory, works
// on its copy of the control state. Either way it is recorded who did what.
import { z } from 'zod';
import { SCOPES } from '../access.ts';
import { ConfigError } from '../config-error.ts';
import { durationSchema } from '../option-values.ts';
import type { Command, CommandInput } from './command.ts';
import { type OpenStoppedKeys, useKeys } from './key-door.ts';
import { textTable } from './text-table.ts';

const keyRowSchema = z.looseObject({
  id: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  name: z.string().nullable(),
  sql_user: z.string().nullish(),
  state: z.string(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
});
const madeKeySchema = keyRowSchema.extend({ key: z.string() });
const keyListSchema = z.looseObject({ rows: z.array(keyRowSchema) });

function writeJson(input: CommandInput, answer: unknown): void {
  input.io.write(`${JSON.stringify(answer)}\n`);
}

/** Shows a new key: alone on standard output, so that it can go into a file, and its story beside it. */
function showMade(input: CommandInput, answer: unknown): number {
  const made = madeKeySchema.parse(answer);
  const sqlUser = typeof made.sql_user === 'string' ? ` ClickHouse user: ${made.sql_user}.` : '';
  if (input.json) writeJson(input, answer);
  else {
    input.io.write(`${made.key}\n`);
    input.io.writeError(
      `Key ${made.id} of tenant ${made.tenant}, scopes ${made.scopes.join(', ')}. It is shown once and kept nowhere.${sqlUser}\n`,
    );
  }
  return 0;
}

function readScopes(text: string | undefined): string[] {
  const scopes = (text ?? '').split(',').map((scope) => scope.trim());
  const wrong = scopes.find((scope) => !SCOPES.some((known) => known === scope));
  if (wrong === undefined) return scopes;
  throw new ConfigError(
    `--scopes ${text === undefined ? 'is missing' : `holds ${JSON.stringify(wrong)}`}; expected some of ${SCOPES.join(',')}, separated by commas.`,
  );
}

async function create(input: CommandInput, open: OpenStoppedKeys): Promise<number> {
  const body = {
    scopes: readScopes(input.flags.get('scopes')),
    tenant: input.flags.get('tenant'),
    name: input.flags.get('name'),
    sql: input.flags.has('sql') ? true : undefined,
  };
  return showMade(input, await useKeys(input, open, (keys) => keys.create(body)));
}

async function list(input: CommandInput, open: OpenStoppedKeys): Promise<number> {
  const answer = await useKeys(input, open, (keys) => keys.list());
  if (input.json) writeJson(input, answer);
  else {
    const columns = [
      { title: 'ID', text: (row: z.infer<typeof keyRowSchema>) => row.id },
      { title: 'TENANT', text: (row: z.infer<typeof keyRowSchema>) => row.tenant },
      { title: 'SCOPES', text: (row: z.infer<typeof keyRowSchema>) => row.scopes.join(',') },
      { title: 'STATE', text: (row: z.infer<typeof keyRowSchema>) => row.state },
      { title: 'CREATED', text: (row: z.infer<typeof keyRowSchema>) => row.created_at },
      { title: 'EXPIRES', text: (row: z.infer<typeof keyRowSchema>) => row.expires_at ?? '-' },
      { title: 'NAME', text: (row: z.infer<typeof keyRowSchema>) => row.name ?? '-' },
    ];
    input.io.write(textTable(columns, keyListSchema.parse(answer).rows));
  }
  return 0;
}

async function rotate(input: CommandInput, open: OpenStoppedKeys): Promise<number> {
  const overlap = input.flags.get('overlap');
  if (overlap !== undefined && !durationSchema.safeParse(overlap).success) {
    throw new ConfigError(
      `--overlap is ${JSON.stringify(overlap)}; expected a duration with its unit, such as 10m or 24h.`,
    );
  }
  const id = input.positionals[0] ?? '';
  return showMade(input, await useKeys(input, open, (keys) => keys.rotate(id, overlap)));
}

async function revoke(input: CommandInput, open: OpenStoppedKeys): Promise<number> {
  const id = input.positionals[0] ?? '';
  const answer = await useKeys(input, open, (keys) => keys.revoke(id));
  if (input.json) writeJson(input, answer);
  else input.io.write(`Key ${keyRowSchema.parse(answer).id} is revoked.\n`);
  return 0;
}

/** @param open gives the keys of a data directory on which no collector runs */
export const keyCommands = (open: OpenStoppedKeys): readonly Command[] => [
  {
    name: 'keys create',
    sentence: 'Make a key; it is written to standard output, once.',
    takes: 'client',
    flags: [
      { flag: 'scopes', value: 'scopes', sentence: `Some of ${SCOPES.join(',')}.` },
      {
        flag: 'tenant',
        value: 'tenant',
        sentence: 'Its tenant; without it, that of the asking key.',
      },
      { flag: 'name', value: 'text', sentence: 'A name to know it by.' },
      {
        flag: 'sql',
        value: null,
        sentence:
          'Make a read-only ClickHouse user of the tenant too, whose password the key is (servers only).',
      },
    ],
    positionals: [],
    run: (input) => create(input, open),
  },
  {
    name: 'keys list',
    sentence: 'List keys, retired ones included; never their secrets.',
    takes: 'client',
    flags: [],
    positionals: [],
    run: (input) => list(input, open),
  },
  {
    name: 'keys rotate',
    sentence: 'Make a successor of a key and retire the old one.',
    takes: 'client',
    flags: [
      {
        flag: 'overlap',
        value: 'duration',
        sentence: 'How long the old key stays valid; without it, not at all.',
      },
    ],
    positionals: ['id'],
    run: (input) => rotate(input, open),
  },
  {
    name: 'keys revoke',
    sentence: 'Retire a key at once and for good.',
    takes: 'client',
    flags: [],
    positionals: ['id'],
    run: (input) => revoke(input, open),
  },
];
