// A breakdown as a table for people: amounts aligned at the decimal point, what is unknown named so.
// Invariant: digits are shown as the API sent them; nothing is rounded, and no value can move the cursor.
import { z } from 'zod';
import { type TextColumn, textTable } from './text-table.ts';

const countSchema = z.union([z.number(), z.string()]).transform(BigInt);
const sumsSchema = z.looseObject({
  calls: countSchema,
  unpriced_calls: countSchema,
  cost_usd: z.string().nullable(),
  cost_low_usd: z.string().nullable(),
  cost_high_usd: z.string().nullable(),
  sampled_calls: countSchema.optional(),
  estimated_usd: z.string().nullable().optional(),
  share: z.string().nullable(),
});

/** A breakdown as `GET /api/v1/costs/breakdown` answers it, as far as the table needs it. */
export const breakdownSchema = z.object({
  rows: z.array(sumsSchema),
  totals: sumsSchema,
  other: sumsSchema,
  from: z.string(),
  to: z.string(),
  settled_through: z.string().nullable(),
  provisional: z.object({ calls: countSchema, cost_usd: z.string().nullable() }),
});
export type Breakdown = z.output<typeof breakdownSchema>;
type Sums = z.output<typeof sumsSchema>;

interface Line {
  readonly names: readonly string[];
  readonly sums: Sums;
}

/** The table, the range above it, and below it what the total leaves open. */
export function costTable(answer: Breakdown, by: readonly string[]): string {
  const notes = [...notesOn(answer.totals), ...openNotes(answer)].map((note) => `${note}\n`);
  const table = breakdownTable(answer, by);
  return `${answer.from} to ${answer.to}\n\n${table}${notes.length > 0 ? '\n' : ''}${notes.join('')}`;
}

/** The table alone: a line a row, the rest, and the total. */
export function breakdownTable(answer: Breakdown, by: readonly string[]): string {
  const lines: Line[] = answer.rows.map((sums) => ({
    names: by.map((dimension) => showName(sums[dimension])),
    sums,
  }));
  if (answer.other.calls !== 0n || (answer.other.cost_usd ?? '0') !== '0') {
    lines.push({ names: by.map((_, at) => (at === 0 ? '(other)' : '')), sums: answer.other });
  }
  lines.push({ names: by.map((_, at) => (at === 0 ? 'total' : '')), sums: answer.totals });
  const table = textTable(columnsOf(by, lines), lines).split('\n');
  const width = Math.max(...table.map((line) => line.length));
  table.splice(-2, 0, '─'.repeat(width));
  return table.join('\n');
}

function columnsOf(by: readonly string[], lines: readonly Line[]): TextColumn<Line>[] {
  const costs = alignPoints(lines.map(({ sums }) => sums.cost_usd ?? 'unknown'));
  const shares = alignPoints(lines.map(({ sums }) => percent(sums.share)));
  const numbers: TextColumn<Line>[] = [
    { title: 'CALLS', text: ({ sums }) => String(sums.calls), isNumber: true },
    { title: 'TOKENS IN', text: ({ sums }) => String(tokens(sums, 'in_')), isNumber: true },
    { title: 'TOKENS OUT', text: ({ sums }) => String(tokens(sums, 'out_')), isNumber: true },
    { title: 'UNPRICED', text: ({ sums }) => String(sums.unpriced_calls), isNumber: true },
    { title: 'COST USD', text: (line) => costs[lines.indexOf(line)] ?? '', isNumber: true },
    { title: 'SHARE', text: (line) => shares[lines.indexOf(line)] ?? '', isNumber: true },
    // The total would be a full bar, always.
    { title: '', text: (line) => (line === lines.at(-1) ? '' : shareBar(line.sums.share)) },
  ];
  return [
    ...by.map((dimension, at) => ({
      title: dimension.toUpperCase(),
      text: ({ names }: Line) => names[at] ?? '',
    })),
    ...numbers,
  ];
}

/** Values come from spans: a control character in a model's name must not reach the terminal. */
function showName(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return String(value).replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

function tokens(sums: Sums, prefix: 'in_' | 'out_'): bigint {
  return Object.entries(sums)
    .filter(([key, value]) => key.startsWith(prefix) && /^-?\d+$/.test(String(value)))
    .reduce((sum, [, value]) => sum + BigInt(String(value)), 0n);
}

/** A share is exact to 18 places; for reading, tenths of a percent are cut off, never rounded up. */
function percent(share: string | null): string {
  if (share === null) return '-';
  const negative = share.startsWith('-') ? '-' : '';
  const [whole = '0', fraction = ''] = share.replace('-', '').split('.');
  const perMille = BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0').slice(0, 3));
  return `${negative}${perMille / 10n}.${perMille % 10n}%`;
}

const BAR_CELLS = 20;
/** Of a cell, from an eighth to seven eighths. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** As long as the share is large, to an eighth of a cell; nothing for what is negative or unknown. */
function shareBar(share: string | null): string {
  const eighths = Math.round(Math.min(1, Math.max(0, Number(share ?? 0))) * BAR_CELLS * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}

/** Pads plain decimals on the right so that their points stand under each other. */
function alignPoints(texts: readonly string[]): string[] {
  const tail = (text: string) => (text.includes('.') ? text.length - text.indexOf('.') : 0);
  const longest = Math.max(...texts.map(tail));
  return texts.map((text) => (/\d/.test(text) ? text + ' '.repeat(longest - tail(text)) : text));
}

function notesOn(totals: Sums): string[] {
  const notes: string[] = [];
  if (totals.unpriced_calls !== 0n) {
    const what =
      totals.unpriced_calls === 1n ? '1 call has' : `${totals.unpriced_calls} calls have`;
    notes.push(`${what} no cost and no part in the sums; GET /api/v1/unpriced says why.`);
  }
  if (totals.cost_low_usd !== totals.cost_high_usd) {
    notes.push(
      `Where usage can be read two ways, the total lies between ${totals.cost_low_usd} and ${totals.cost_high_usd} USD.`,
    );
  }
  const { sampled_calls: sampled = 0n, estimated_usd: estimate } = totals;
  if (sampled !== 0n && estimate != null) {
    const what = sampled === 1n ? '1 call stands' : `${sampled} calls stand`;
    notes.push(
      `${what} for others that the sender's sampling dropped: with those, ${estimate} USD is estimated.`,
    );
  }
  return notes;
}

/** What settle may still correct. */
function openNotes({ settled_through: through, provisional }: Breakdown): string[] {
  const { calls, cost_usd: cost } = provisional;
  if (calls === 0n) return [];
  const amount = cost === null ? 'of unknown cost' : `worth ${cost} USD`;
  const what = calls === 1n ? '1 call' : `${calls} calls`;
  const since = through === null ? 'nothing was settled yet' : `settled through ${through}`;
  return [`${what} ${amount} may still be corrected: ${since}.`];
}
