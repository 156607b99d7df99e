// `aicost audit`: who changed what, and when. It asks the running collector.
import { z } from 'zod';
import type { Command, CommandInput } from './command.ts';
import { listPage } from './list-page.ts';

const PATH = '/api/v1/admin/audit';
const FLAGS = ['from', 'to', 'action', 'actor', 'tenant', 'limit', 'cursor'] as const;

const auditSchema = z.looseObject({
  rows: z.array(
    z.looseObject({
      recorded_at: z.string(),
      actor: z.string(),
      tenant: z.string().nullable(),
      action: z.string(),
      id: z.string(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
  next_cursor: z.string().nullable(),
});
type Change = z.output<typeof auditSchema>['rows'][number];

const shown = (value: unknown): string =>
  value === null ? 'none' : Array.isArray(value) ? value.join(',') : String(value);

const COLUMNS = [
  { title: 'WHEN', text: (row: Change) => row.recorded_at },
  { title: 'WHO', text: (row: Change) => row.actor },
  { title: 'TENANT', text: (row: Change) => row.tenant ?? '-' },
  { title: 'WHAT', text: (row: Change) => row.action },
  { title: 'ID', text: (row: Change) => row.id },
  {
    title: 'SINCE THEN',
    text: ({ detail }: Change) =>
      Object.entries(detail)
        .map(([name, value]) => `${name}=${shown(value)}`)
        .join(' ') || '-',
  },
];

const listAudit = (input: CommandInput): Promise<number> =>
  listPage(input, { path: PATH, flags: FLAGS, preset: {}, schema: auditSchema, columns: COLUMNS });

export const AUDIT_COMMAND: Command = {
  name: 'audit',
  sentence: 'List who changed keys, tenants, limits, prices and budgets, newest first.',
  takes: 'client',
  flags: [
    { flag: 'from', value: 'time', sentence: 'RFC 3339, now, or now-<n>[mhdw]; without it, all.' },
    { flag: 'to', value: 'time', sentence: 'RFC 3339, now, or now-<n>[mhdw].' },
    { flag: 'action', value: 'action', sentence: 'Such as key.created or tenant.changed.' },
    { flag: 'actor', value: 'actor', sentence: 'Such as key:<id>.' },
    { flag: 'tenant', value: 'name', sentence: 'Of this tenant only.' },
    { flag: 'limit', value: 'rows', sentence: 'At most so many (default 100).' },
    { flag: 'cursor', value: 'cursor', sentence: 'Where the page before ended.' },
  ],
  positionals: [],
  run: listAudit,
};
