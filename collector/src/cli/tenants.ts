// `aicost tenants …`: which tenants there are, their state and their limits. They ask the running
// collector, which hands a change on to every other one.
import { z } from 'zod';
import { ConfigError } from '../config-error.ts';
import { LIMITS, TENANT_LIMITS } from '../limit-table.ts';
import { bytesSchema, countSchema } from '../option-values.ts';
import { openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { DELETION_COMMANDS } from './tenant-deletion.ts';
import { textTable } from './text-table.ts';
import { writeAnswer } from './write-answer.ts';

const PATH = '/api/v1/admin/tenants';
const NO_LIMIT = 'none';

const tenantSchema = z.looseObject({
  tenant: z.string(),
  state: z.string(),
  keys: z.number(),
  limits: z.record(z.string(), z.number().nullable()),
  today: z.looseObject({ spans: z.number(), bytes: z.number() }),
});
const tenantListSchema = z.looseObject({ rows: z.array(tenantSchema) });
type Tenant = z.infer<typeof tenantSchema>;

const limitSchema = z.looseObject({
  limit: z.string(),
  unit: z.string(),
  value: z.number().nullable(),
  source: z.string(),
  set_at: z.string().nullable(),
  set_by: z.string().nullable(),
});
const limitListSchema = z.looseObject({ rows: z.array(limitSchema) });
type Limit = z.infer<typeof limitSchema>;

const shown = (value: number | null): string => (value === null ? NO_LIMIT : String(value));

async function list(input: CommandInput): Promise<number> {
  const answer = await (await openCollectorClient(input.config)).ask('GET', PATH);
  const limitsOf = ({ limits }: Tenant): string =>
    Object.entries(limits)
      .map(([name, value]) => `${name}=${shown(value)}`)
      .join(' ') || '-';
  const columns = [
    { title: 'TENANT', text: (row: Tenant) => row.tenant },
    { title: 'STATE', text: (row: Tenant) => row.state },
    { title: 'KEYS', text: (row: Tenant) => String(row.keys), isNumber: true },
    { title: 'SPANS TODAY', text: (row: Tenant) => String(row.today.spans), isNumber: true },
    { title: 'BYTES TODAY', text: (row: Tenant) => String(row.today.bytes), isNumber: true },
    { title: 'LIMITS OF ITS OWN', text: limitsOf },
  ];
  return writeAnswer(input, answer, () => textTable(columns, tenantListSchema.parse(answer).rows));
}

async function change(input: CommandInput, wish: { path: string; body?: object }): Promise<number> {
  const client = await openCollectorClient(input.config);
  const answer = await client.ask('POST', `${PATH}${wish.path}`, wish.body);
  const { tenant, state } = tenantSchema.parse(answer);
  return writeAnswer(input, answer, () => `${tenant} is ${state}.\n`);
}

const create = (input: CommandInput): Promise<number> =>
  change(input, { path: '', body: { tenant: input.positionals[0] } });

const setState =
  (verb: 'suspend' | 'resume') =>
  (input: CommandInput): Promise<number> =>
    change(input, { path: `/${encodeURIComponent(input.positionals[0] ?? '')}/${verb}` });

function pathOf(input: CommandInput): string {
  const [tenant = '', limit] = input.positionals.map(encodeURIComponent);
  return `${PATH}/${tenant}/limits${limit === undefined ? '' : `/${limit}`}`;
}

async function show(input: CommandInput): Promise<number> {
  const answer = await (await openCollectorClient(input.config)).ask('GET', pathOf(input));
  const columns = [
    { title: 'LIMIT', text: (row: Limit) => row.limit },
    { title: 'VALUE', text: (row: Limit) => shown(row.value), isNumber: true },
    { title: 'UNIT', text: (row: Limit) => row.unit },
    { title: 'FROM', text: (row: Limit) => row.source },
    { title: 'SET', text: (row: Limit) => row.set_at ?? '-' },
    { title: 'BY', text: (row: Limit) => row.set_by ?? '-' },
  ];
  return writeAnswer(input, answer, () => textTable(columns, limitListSchema.parse(answer).rows));
}

/** `none`, or a number; bytes also as 64MiB, others as 10k or 2M. */
function readValue(limit: string, text: string): number | null {
  if (text === NO_LIMIT) return null;
  const name = TENANT_LIMITS.find((known) => known === limit);
  const isBytes = name !== undefined && LIMITS[name].unit.startsWith('bytes');
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const value = (isBytes ? bytesSchema : countSchema).safeParse(text);
  if (value.success) return value.data;
  const expected = isBytes ? 'a size such as 5000000, 5MB or 64MiB' : 'a number such as 500 or 10k';
  throw new ConfigError(
    `The value of ${limit} is ${JSON.stringify(text)}; expected ${expected}, or ${NO_LIMIT}.`,
  );
}

function showChanged(input: CommandInput, answer: unknown): number {
  const row = limitSchema.parse(answer);
  const origin = row.source === 'default' ? 'the default' : `from ${row.source}`;
  const line = `${input.positionals[0]}: ${row.limit} is ${shown(row.value)} ${row.unit} (${origin}).\n`;
  return writeAnswer(input, answer, () => line);
}

async function set(input: CommandInput): Promise<number> {
  const [tenant = '', limit = '', text = ''] = input.positionals;
  const value = readValue(limit, text);
  const client = await openCollectorClient(input.config);
  const path = pathOf({ ...input, positionals: [tenant, limit] });
  return showChanged(input, await client.ask('PUT', path, { value }));
}

async function unset(input: CommandInput): Promise<number> {
  const client = await openCollectorClient(input.config);
  return showChanged(input, await client.ask('DELETE', pathOf(input)));
}

export const TENANT_COMMANDS: readonly Command[] = [
  {
    name: 'tenants list',
    sentence: 'List tenants: their keys, what they used today, and limits of their own.',
    takes: 'client',
    flags: [],
    positionals: [],
    run: list,
  },
  {
    name: 'tenants create',
    sentence: 'Make a tenant, before it has a key.',
    takes: 'client',
    flags: [],
    positionals: ['tenant'],
    run: create,
  },
  {
    name: 'tenants suspend',
    sentence: 'Take nothing in for a tenant; its keys may still read.',
    takes: 'client',
    flags: [],
    positionals: ['tenant'],
    run: setState('suspend'),
  },
  {
    name: 'tenants resume',
    sentence: 'Take in again what a suspended tenant sends.',
    takes: 'client',
    flags: [],
    positionals: ['tenant'],
    run: setState('resume'),
  },
  ...DELETION_COMMANDS,
  {
    name: 'tenants limits show',
    sentence: "Show the limits of a tenant ('*': of every tenant), and where each comes from.",
    takes: 'client',
    flags: [],
    positionals: ['tenant'],
    run: show,
  },
  {
    name: 'tenants limits set',
    sentence: "Set a limit of a tenant ('*': of every tenant without its own); none for no limit.",
    takes: 'client',
    flags: [],
    positionals: ['tenant', 'limit', 'value'],
    run: set,
  },
  {
    name: 'tenants limits unset',
    sentence: 'Let a limit of a tenant be what it is for every tenant.',
    takes: 'client',
    flags: [],
    positionals: ['tenant', 'limit'],
    run: unset,
  },
];
