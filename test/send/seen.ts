/** What a collector tells of each tenant's calls, in the words of the pages' tables; and those tables written anew. */
import { posix } from 'node:path';
import { z } from 'zod';
import { PAGES_FOLDER, type SeenLine } from './send-page.ts';

const rowSchema = z.object({
  tenant: z.string(),
  model: z.string().nullable(),
  calls: z.number(),
  unpriced_calls: z.number(),
  sampled_calls: z.number(),
  cost_usd: z.string().nullable(),
  cost_low_usd: z.string().nullable(),
  cost_high_usd: z.string().nullable(),
  estimated_usd: z.string().nullable(),
});
type Row = z.infer<typeof rowSchema>;

/** The answer of the breakdown by tenant and model. */
export const breakdownSchema = z.object({
  rows: z.array(rowSchema),
  next_cursor: z.null().optional(),
});
/** The answer about what is unpriced, for one tenant. */
export const unpricedSchema = z.object({
  rows: z.array(z.object({ model: z.string().nullable(), reason: z.string() })),
});

export type Seen = Pick<SeenLine, 'model' | 'calls' | 'cost'>;
export type Reasons = z.infer<typeof unpricedSchema>['rows'];

const NOTHING: Seen = { model: 'none', calls: '0', cost: 'nothing is billed' };

/** A line for each model of one tenant, by name. Entries that bill nothing (aggregates, mirrors) are no lines. */
export function seenOf(rows: readonly Row[], reasons: Reasons): Seen[] {
  const lines = rows
    .filter(({ calls, cost_usd }) => calls !== 0 || (cost_usd !== null && cost_usd !== '0'))
    .map((row) => {
      const own = reasons.filter(({ model }) => model === row.model).map(({ reason }) => reason);
      const model = row.model === null ? 'not told' : `\`${row.model}\``;
      return { model, calls: String(row.calls), cost: costOf(row, own) };
    })
    .sort((a, b) => (a.model < b.model ? -1 : 1));
  return lines.length === 0 ? [NOTHING] : lines;
}

function costOf(row: Row, reasons: readonly string[]): string {
  const why = [...new Set(reasons)].sort().map((reason) => `\`${reason}\``);
  const unknown = `unknown: ${why.join(', ')}`;
  if (row.cost_usd === null) return unknown;
  const isBetween = row.cost_low_usd !== row.cost_high_usd;
  return [
    `$${row.cost_usd}`,
    ...(isBetween ? [`between $${row.cost_low_usd} and $${row.cost_high_usd}`] : []),
    ...(row.sampled_calls > 0 ? [`estimated before sampling $${row.estimated_usd}`] : []),
    ...(row.unpriced_calls > 0 ? [`${row.unpriced_calls} ${unknown}`] : []),
  ].join('; ');
}

/** The text of a page whose table says this of a payload. */
export function withSeen(text: string, payload: string, seen: readonly Seen[]): string {
  const lines = text.split('\n');
  const link = `](${posix.relative(PAGES_FOLDER, payload)})`;
  const at = lines.findIndex((line) => line.startsWith('| [') && line.includes(link));
  const [, file = '', signal = ''] = (lines[at] ?? '').split('|');
  const isContinued = (line: string | undefined): boolean => line?.startsWith('| |') === true;
  let end = at + 1;
  while (isContinued(lines[end])) end += 1;
  const fresh = seen.map(
    ({ model, calls, cost }, index) =>
      `|${index === 0 ? file : ' '}|${signal}| ${model} | ${calls} | ${cost} |`,
  );
  return [...lines.slice(0, at), ...fresh, ...lines.slice(end)].join('\n');
}
