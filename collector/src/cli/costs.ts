// `aicost costs`: what was spent, by any dimension, asked of the running collector.
import { z } from 'zod';
import { openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { type TextColumn, textTable } from './text-table.ts';

const rowSchema = z.looseObject({
  calls: z.number(),
  unpriced_calls: z.number(),
  cost_usd: z.string().nullable(),
});
const answerSchema = z.looseObject({
  rows: z.array(rowSchema),
  totals: rowSchema,
  other: rowSchema.optional(),
});
type Row = z.infer<typeof rowSchema>;

const DEFAULTS = { from: 'now-24h', to: 'now', by: 'model' };

const dimensionText = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '-' : String(value);

function costColumns(by: readonly string[]): TextColumn<Row>[] {
  return [
    ...by.map((dimension) => ({
      title: dimension.toUpperCase(),
      text: (row: Row) => dimensionText(row[dimension]),
    })),
    { title: 'CALLS', text: (row: Row) => String(row.calls), isNumber: true },
    { title: 'UNPRICED', text: (row: Row) => String(row.unpriced_calls), isNumber: true },
    { title: 'COST USD', text: (row: Row) => row.cost_usd ?? 'unknown', isNumber: true },
  ];
}

async function costs(input: CommandInput): Promise<number> {
  const query = new URLSearchParams(DEFAULTS);
  for (const name of ['from', 'to', 'by', 'limit']) {
    const value = input.flags.get(name);
    if (value !== undefined) query.set(name, value);
  }
  const client = await openCollectorClient(input.config);
  const answer = await client.ask('GET', `/api/v1/costs/breakdown?${query}`);
  if (input.json) {
    input.io.write(`${JSON.stringify(answer)}\n`);
    return 0;
  }
  const { rows, totals, other } = answerSchema.parse(answer);
  const by = (query.get('by') ?? '').split(',');
  const first = by[0] ?? '';
  const rest = other === undefined || other.calls === 0 ? [] : [{ ...other, [first]: 'other' }];
  input.io.write(textTable(costColumns(by), [...rows, ...rest, { ...totals, [first]: 'total' }]));
  return 0;
}

export const COSTS_COMMAND: Command = {
  name: 'costs',
  sentence: 'Show what was spent in a range, by any dimensions.',
  takes: 'client',
  flags: [
    {
      flag: 'from',
      value: 'time',
      sentence: `RFC 3339, now, or now-<n>[mhdw] (default ${DEFAULTS.from})`,
    },
    { flag: 'to', value: 'time', sentence: `The end, not included (default ${DEFAULTS.to})` },
    { flag: 'by', value: 'dimensions', sentence: `Separated by commas (default ${DEFAULTS.by})` },
    { flag: 'limit', value: 'rows', sentence: 'How many rows are shown; the rest is one more.' },
  ],
  positionals: [],
  run: costs,
};
