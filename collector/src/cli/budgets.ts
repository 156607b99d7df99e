// `aicost budgets …`: how budgets stand, making and deleting them. They ask the running collector, which keeps them in
// the control state of all.
import { z } from 'zod';
import { ConfigError } from '../config-error.ts';
import { type CollectorClient, openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { textTable } from './text-table.ts';
import { writeAnswer } from './write-answer.ts';

const PATH = '/api/v1/budgets';
const ROLLING = /^([1-9]\d{0,2})d$/;

const windowSchema = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('calendar'), unit: z.string(), time_zone: z.string() }),
  z.looseObject({ kind: z.literal('rolling'), days: z.number() }),
]);
const budgetSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  amount_usd: z.string(),
  each: z.string().nullable(),
  window: windowSchema,
});
const listSchema = z.looseObject({ rows: z.array(budgetSchema) });
const statusSchema = z.looseObject({
  rows: z.array(
    z.looseObject({
      key: z.string().nullable(),
      spent_usd: z.string().nullable(),
      forecast_usd: z.string().nullable(),
      state: z.string(),
    }),
  ),
});
type Budget = z.infer<typeof budgetSchema>;
type Status = z.infer<typeof statusSchema>;

interface Standing {
  readonly budget: Budget;
  readonly status: Status;
}

/** Of a budget for each value of a dimension, the key that spent most is shown. */
async function list(input: CommandInput): Promise<number> {
  const client = await openCollectorClient(input.config);
  const { rows } = listSchema.parse(await client.ask('GET', PATH));
  const standing: Standing[] = [];
  for (const budget of rows) standing.push({ budget, status: await statusOf(client, budget) });
  const answer = { rows: standing.map(({ budget, status }) => ({ ...budget, status })) };
  return writeAnswer(input, answer, () => textTable(COLUMNS, standing));
}

async function statusOf(client: CollectorClient, { id }: Budget): Promise<Status> {
  return statusSchema.parse(
    await client.ask('GET', `${PATH}/${encodeURIComponent(id)}/status?limit=1`),
  );
}

const topOf = ({ status }: Standing) => status.rows[0];

function windowText({ window }: Budget): string {
  if (window.kind === 'rolling') return `${window.days}d`;
  return window.time_zone === 'UTC' ? window.unit : `${window.unit} (${window.time_zone})`;
}

const COLUMNS = [
  { title: 'ID', text: ({ budget }: Standing) => budget.id },
  { title: 'NAME', text: ({ budget }: Standing) => budget.name },
  { title: 'WINDOW', text: ({ budget }: Standing) => windowText(budget) },
  {
    title: 'OF',
    text: (row: Standing) =>
      row.budget.each === null ? '-' : `${row.budget.each} ${topOf(row)?.key ?? '-'}`,
  },
  { title: 'AMOUNT', text: ({ budget }: Standing) => budget.amount_usd, isNumber: true },
  { title: 'SPENT', text: (row: Standing) => topOf(row)?.spent_usd ?? '-', isNumber: true },
  { title: 'FORECAST', text: (row: Standing) => topOf(row)?.forecast_usd ?? '-', isNumber: true },
  { title: 'STATE', text: (row: Standing) => topOf(row)?.state ?? 'unknown' },
];

/** What is not given is left to the collector, which also says what is wrong. */
function bodyOf({ positionals, flags }: CommandInput): object {
  const [name = '', amount = ''] = positionals;
  const zone = flags.get('time-zone');
  const unit = flags.get('window') ?? 'month';
  const days = ROLLING.exec(unit)?.[1];
  if (days !== undefined && zone !== undefined) {
    throw new ConfigError(`--time-zone is ${zone}; a rolling window such as ${unit} has none.`);
  }
  const calendar = { kind: 'calendar', unit, ...(zone === undefined ? {} : { time_zone: zone }) };
  const window = days === undefined ? calendar : { kind: 'rolling', days: Number(days) };
  const filters: Record<string, string[]> = {};
  for (const [dimension, value] of new URLSearchParams(flags.get('filter') ?? '')) {
    filters[dimension] = [...(filters[dimension] ?? []), value];
  }
  const [each, basis, warn] = ['each', 'basis', 'warn-at'].map((flag) => flags.get(flag));
  return {
    name,
    amount_usd: amount,
    window,
    filters,
    ...(each === undefined ? {} : { each }),
    ...(basis === undefined ? {} : { basis }),
    ...(warn === undefined ? {} : { warn_at: warn === 'never' ? null : warn }),
  };
}

async function create(input: CommandInput): Promise<number> {
  const body = bodyOf(input);
  const answer = await (await openCollectorClient(input.config)).ask('POST', PATH, body);
  const made = budgetSchema.parse(answer);
  const each = made.each === null ? '' : ` for each ${made.each}`;
  const line = `${made.id}: ${made.name} is ${made.amount_usd} USD per ${windowText(made)}${each}.\n`;
  return writeAnswer(input, answer, () => line);
}

async function remove(input: CommandInput): Promise<number> {
  const path = `${PATH}/${encodeURIComponent(input.positionals[0] ?? '')}`;
  const answer = await (await openCollectorClient(input.config)).ask('DELETE', path);
  const { id, name } = budgetSchema.parse(answer);
  return writeAnswer(input, answer, () => `${id}: ${name} is deleted.\n`);
}

export const BUDGET_COMMANDS: readonly Command[] = [
  {
    name: 'budgets list',
    sentence: 'List budgets: what was spent of each, its forecast and its state.',
    takes: 'client',
    flags: [],
    positionals: [],
    run: list,
  },
  {
    name: 'budgets create',
    sentence: 'Make a budget of the tenant of the key.',
    takes: 'client',
    flags: [
      {
        flag: 'window',
        value: 'window',
        sentence: 'day, week, month, quarter, year, or the last days, such as 30d (default month).',
      },
      { flag: 'time-zone', value: 'zone', sentence: 'IANA zone of the calendar (default UTC).' },
      {
        flag: 'filter',
        value: 'pairs',
        sentence: 'Only calls with these values, as in a URL: "feature=search&tag.team=a".',
      },
      {
        flag: 'each',
        value: 'dimension',
        sentence: 'One budget for each of its values, such as user.',
      },
      { flag: 'basis', value: 'basis', sentence: 'settled or all (default settled).' },
      {
        flag: 'warn-at',
        value: 'share',
        sentence: 'Share of the amount that is a warning, or never (default 0.8).',
      },
    ],
    positionals: ['name', 'amount'],
    run: create,
  },
  {
    name: 'budgets delete',
    sentence: 'Delete a budget; its alerts are resolved.',
    takes: 'client',
    flags: [],
    positionals: ['id'],
    run: remove,
  },
];
