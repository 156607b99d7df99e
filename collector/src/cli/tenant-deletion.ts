/** `aicost tenants delete` and `aicost users delete`: confirmed by the tenant's name, followed until they are done. */
import { z } from 'zod';
import { ConfigError } from '../config-error.ts';
import { findKey, openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { followLongWork } from './long-work.ts';

const PATH = '/api/v1/admin/tenants';

const tenantSchema = z.looseObject({
  tenant: z.string(),
  rows: z.record(z.string(), z.int()),
  set_aside_parts: z.int(),
});
const personSchema = z.looseObject({
  tenant: z.string(),
  replaced_by: z.string(),
  spans: z.int(),
  entries: z.int(),
  resealed_days: z.array(z.string()),
  set_aside_parts: z.int(),
});

function required(input: CommandInput, name: string, what: string): string {
  const value = input.flags.get(name);
  if (value === undefined || value === '') {
    throw new ConfigError(`--${name} is missing; expected ${what}.`);
  }
  return value;
}

/** Nothing is asked of anybody before the tenant was named twice. */
function confirmed(input: CommandInput, tenant: string): string {
  const confirm = required(input, 'confirm', `the tenant's name again, --confirm ${tenant}`);
  if (confirm === tenant) return confirm;
  throw new ConfigError(
    `--confirm is ${JSON.stringify(confirm)}; expected the tenant's name again, ${tenant}.`,
  );
}

async function follow(input: CommandInput, path: string, body: object): Promise<unknown> {
  const { config, io, json } = input;
  const { url } = await openCollectorClient(config);
  const key = await findKey(config);
  const onProgress = (progress: Record<string, unknown>) => {
    if (!json) io.writeError(`  … ${String(progress['step'])}: ${String(progress['rows'])}\n`);
  };
  const last = await followLongWork({ url, key, path: `${PATH}/${path}`, body, onProgress });
  if (json) io.write(`${JSON.stringify(last)}\n`);
  return last;
}

const setAsideText = (parts: number): string =>
  parts === 0
    ? ''
    : `${parts} parts of the journal were set aside and not looked into: aicost journal list shows them.\n`;

async function deleteTenant(input: CommandInput): Promise<number> {
  const [tenant = ''] = input.positionals;
  const confirm = confirmed(input, tenant);
  const last = await follow(input, `${encodeURIComponent(tenant)}/delete`, { confirm });
  if (input.json) return 0;
  const { rows, set_aside_parts: parts } = tenantSchema.parse(last);
  const tables = Object.entries(rows).map(([table, count]) => `${count} of ${table}`);
  const text = tables.length === 0 ? 'It had no rows.' : `Rows: ${tables.join(', ')}.`;
  input.io.write(`Deleted tenant ${tenant}. ${text}\n${setAsideText(parts)}`);
  return 0;
}

async function deleteUser(input: CommandInput): Promise<number> {
  const tenant = required(input, 'tenant', 'the tenant whose user it is');
  const user = required(input, 'user', 'the user as spans tell it, byte for byte');
  const body = { user, confirm: confirmed(input, tenant) };
  const last = await follow(input, `${encodeURIComponent(tenant)}/users/delete`, body);
  if (input.json) return 0;
  const { spans, entries, replaced_by: by, ...rest } = personSchema.parse(last);
  const again = rest.resealed_days.length;
  const sealed = again === 0 ? '' : ` ${again} expired days were sealed again.`;
  input.io.write(
    `Deleted what ${spans} spans said, and named ${entries} entries ${by}. No amount changed.${sealed}\n${setAsideText(rest.set_aside_parts)}`,
  );
  return 0;
}

const CONFIRM = { flag: 'confirm', value: 'tenant', sentence: "The tenant's name again." };

export const DELETION_COMMANDS: readonly Command[] = [
  {
    name: 'tenants delete',
    sentence: 'Delete a tenant for good: revoke its keys, then delete every row of it.',
    takes: 'client',
    flags: [CONFIRM],
    positionals: ['tenant'],
    run: deleteTenant,
  },
  {
    name: 'users delete',
    sentence: "Take a person out of a tenant's data; amounts stay, under (deleted).",
    takes: 'client',
    flags: [
      { flag: 'tenant', value: 'name', sentence: 'Whose user it is.' },
      { flag: 'user', value: 'id', sentence: 'The user as spans tell it, byte for byte.' },
      CONFIRM,
    ],
    positionals: [],
    run: deleteUser,
  },
];
