// `aicost webhooks …` and `aicost alerts list`: where alerts are sent, what fired, and whether it arrived. They ask the
// running collector.
import { z } from 'zod';
import { openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { listPage } from './list-page.ts';
import { textTable } from './text-table.ts';
import { writeAnswer } from './write-answer.ts';

const WEBHOOKS = '/api/v1/webhooks';
const ALERTS = '/api/v1/alerts';
const ALERT_FLAGS = ['from', 'to', 'limit', 'cursor'] as const;
const DEFAULT_FROM = 'now-7d';

const webhookSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  created_at: z.string(),
});
const madeSchema = webhookSchema.extend({ secret: z.string() });
const alertSchema = z.looseObject({
  recorded_at: z.string(),
  event: z.string(),
  state: z.string(),
  reason: z.string(),
  budget_name: z.string(),
  key: z.string().nullable(),
  spent_usd: z.string().nullable(),
  amount_usd: z.string(),
  deliveries: z.array(z.looseObject({ outcome: z.string() })),
});
type Webhook = z.infer<typeof webhookSchema>;
type Alert = z.infer<typeof alertSchema>;

const WEBHOOK_COLUMNS = [
  { title: 'ID', text: ({ id }: Webhook) => id },
  { title: 'NAME', text: ({ name }: Webhook) => name || '-' },
  { title: 'URL', text: ({ url }: Webhook) => url },
  { title: 'MADE', text: ({ created_at }: Webhook) => created_at },
];

async function list(input: CommandInput): Promise<number> {
  const answer = await (await openCollectorClient(input.config)).ask('GET', WEBHOOKS);
  const { rows } = z.looseObject({ rows: z.array(webhookSchema) }).parse(answer);
  return writeAnswer(input, answer, () => textTable(WEBHOOK_COLUMNS, rows));
}

async function create(input: CommandInput): Promise<number> {
  const name = input.flags.get('name');
  const body = { url: input.positionals[0] ?? '', ...(name === undefined ? {} : { name }) };
  const answer = await (await openCollectorClient(input.config)).ask('POST', WEBHOOKS, body);
  const { id, url, secret } = madeSchema.parse(answer);
  const text = `${id}: alerts are sent to ${url}.\nSecret, shown this once, to check their signatures with: ${secret}\n`;
  return writeAnswer(input, answer, () => text);
}

async function remove(input: CommandInput): Promise<number> {
  const path = `${WEBHOOKS}/${encodeURIComponent(input.positionals[0] ?? '')}`;
  const answer = await (await openCollectorClient(input.config)).ask('DELETE', path);
  const { id, url } = webhookSchema.parse(answer);
  return writeAnswer(input, answer, () => `${id}: nothing more is sent to ${url}.\n`);
}

const alertsSchema = z.looseObject({
  rows: z.array(alertSchema),
  next_cursor: z.string().nullable(),
});

const ALERT_COLUMNS = [
  { title: 'WHEN', text: ({ recorded_at }: Alert) => recorded_at },
  { title: 'EVENT', text: ({ event }: Alert) => event },
  { title: 'STATE', text: ({ state }: Alert) => state },
  { title: 'REASON', text: ({ reason }: Alert) => reason },
  {
    title: 'BUDGET',
    text: ({ budget_name: name, key }: Alert) => (key === null ? name : `${name}: ${key}`),
  },
  { title: 'SPENT', text: ({ spent_usd }: Alert) => spent_usd ?? '-', isNumber: true },
  { title: 'AMOUNT', text: ({ amount_usd }: Alert) => amount_usd, isNumber: true },
  {
    title: 'DELIVERED',
    text: ({ deliveries }: Alert) => {
      const arrived = deliveries.filter(({ outcome }) => outcome === 'delivered').length;
      return deliveries.length === 0 ? '-' : `${arrived} of ${deliveries.length}`;
    },
  },
];

const listAlerts = (input: CommandInput): Promise<number> =>
  listPage(input, {
    path: ALERTS,
    flags: ALERT_FLAGS,
    preset: { from: DEFAULT_FROM },
    schema: alertsSchema,
    columns: ALERT_COLUMNS,
  });

export const WEBHOOK_COMMANDS: readonly Command[] = [
  {
    name: 'webhooks list',
    sentence: 'List where alerts of budgets are sent.',
    takes: 'client',
    flags: [],
    positionals: [],
    run: list,
  },
  {
    name: 'webhooks create',
    sentence: 'Send alerts to a URL, signed; the secret is shown once.',
    takes: 'client',
    flags: [{ flag: 'name', value: 'name', sentence: 'For people.' }],
    positionals: ['url'],
    run: create,
  },
  {
    name: 'webhooks delete',
    sentence: 'Send nothing more there.',
    takes: 'client',
    flags: [],
    positionals: ['id'],
    run: remove,
  },
  {
    name: 'alerts list',
    sentence: 'List what fired or was resolved, newest first, and whether it arrived.',
    takes: 'client',
    flags: [
      {
        flag: 'from',
        value: 'time',
        sentence: `RFC 3339, now, or now-<n>[mhdw] (default ${DEFAULT_FROM})`,
      },
      { flag: 'to', value: 'time', sentence: 'RFC 3339, now, or now-<n>[mhdw] (default now)' },
      { flag: 'limit', value: 'rows', sentence: 'At most so many (default 100).' },
      { flag: 'cursor', value: 'cursor', sentence: 'Where the page before ended.' },
    ],
    positionals: [],
    run: listAlerts,
  },
];
