/** What verify found and what reprice would change, for people. */
import { z } from 'zod';
import { textTable } from './text-table.ts';

const differenceSchema = z.looseObject({
  where: z.string(),
  tenant: z.string(),
  trace_id: z.string().optional(),
  span_id: z.string().optional(),
  entry_id: z.string().optional(),
  day: z.string().optional(),
  dimensions: z.record(z.string(), z.string()).optional(),
  column: z.string(),
  expected: z.string().nullable(),
  found: z.string().nullable(),
  cause: z.string(),
});

const reportSchema = z.looseObject({
  ok: z.boolean(),
  checked: z.object({
    days: z.int(),
    sealed: z.int().default(0),
    traces: z.int(),
    spans: z.int(),
    entries: z.int(),
  }),
  skipped: z.record(z.string(), z.int()),
  difference: differenceSchema.nullable(),
});

/** The report of verify: how much was looked at, what was left out, and the first difference with its cause. */
export function verdict(report: unknown): { ok: boolean; text: string } {
  const { ok, checked, skipped, difference } = reportSchema.parse(report);
  const { days, sealed, traces, spans, entries } = checked;
  const looked = `${entries} entries, ${spans} spans and ${traces} traces of ${days} days`;
  const left = Object.entries(skipped).map(([reason, count]) => `Left out: ${count} ${reason}.\n`);
  const held =
    sealed === 0
      ? ''
      : `Of ${sealed} days of a tenant the spans have expired: they were held against the rows that sealed them.\n`;
  const text =
    difference === null
      ? `Spans, ledger and rollups agree to the last digit: ${looked}.\n`
      : `A difference in ${difference.where}, after ${looked}:\n${place(difference)}`;
  return { ok, text: text + held + left.join('') };
}

function place(difference: z.infer<typeof differenceSchema>): string {
  const { dimensions = {}, cause, expected, found } = difference;
  const names = ['tenant', 'day', 'trace_id', 'span_id', 'entry_id', 'column'] as const;
  const facts = names.flatMap((name): [string, string][] =>
    difference[name] === undefined ? [] : [[name, difference[name]]],
  );
  const told = Object.entries(dimensions).filter(([, value]) => value !== '');
  const lines: [string, string][] = [
    ...facts,
    ...told,
    ['expected', expected ?? 'nothing (NULL)'],
    ['found', found ?? 'nothing (NULL)'],
    ['cause', cause],
  ];
  return lines.map(([name, value]) => `  ${name.padEnd(12)}${value}\n`).join('');
}

const rowSchema = z.looseObject({
  tenant: z.string(),
  provider: z.string().optional(),
  model: z.string().optional(),
  feature: z.string().optional(),
  calls: z.int(),
  newly_priced: z.int(),
  newly_unpriced: z.int(),
  before_usd: z.string(),
  now_usd: z.string(),
  difference_usd: z.string(),
});
type Row = z.infer<typeof rowSchema>;

const tablesSchema = z.looseObject({
  by_model: z.array(rowSchema),
  by_feature: z.array(rowSchema),
});

/** What a repricing changes, by model and by feature. */
export function differenceTables(progress: unknown): string {
  const { by_model: byModel, by_feature: byFeature } = tablesSchema.parse(progress);
  if (byModel.length === 0) return 'No charge changes.\n';
  const models = table('model', ({ provider, model }) => `${provider}/${model}`, byModel);
  const features = table('feature', ({ feature }) => feature || '(none)', byFeature);
  return `${models}\n${features}\n`;
}

function table(title: string, name: (row: Row) => string, rows: readonly Row[]): string {
  const number = (of: keyof Row, as: string) => ({
    title: as,
    text: (row: Row) => String(row[of]),
    isNumber: true,
  });
  return textTable<Row>(
    [
      { title: 'tenant', text: ({ tenant }) => tenant },
      { title, text: name },
      number('calls', 'calls'),
      number('newly_priced', 'priced'),
      number('newly_unpriced', 'unpriced'),
      number('before_usd', 'before'),
      number('now_usd', 'now'),
      number('difference_usd', 'difference'),
    ],
    rows,
  );
}
