/** What expired, or would, for people. */
import { z } from 'zod';

const daySchema = z.looseObject({
  what: z.enum(['spans', 'content', 'ledger']),
  day: z.string(),
  tenants: z.array(z.string()),
  rows: z.int(),
  waiting: z.record(z.string(), z.array(z.string())),
  difference: z
    .looseObject({ where: z.string(), column: z.string(), cause: z.string() })
    .optional(),
});

const NAMES = { spans: 'spans', content: 'spans with content', ledger: 'entries' } as const;
const TENANTS_NAMED_MAX = 5;

const REASONS: Readonly<Record<string, string>> = {
  not_settled: 'settle has not passed them yet',
  differs: 'verify finds a difference, and they are kept until it does not',
  spans_kept: 'their spans are still there',
};

/** One day of the progress. */
export function expiryLine(progress: unknown): string {
  const { what, day, tenants, rows, waiting, difference } = daySchema.parse(progress);
  const gone = rows > 0 ? [`${rows} ${NAMES[what]} of ${named(tenants)}`] : [];
  const left = Object.entries(waiting).map(
    ([reason, of]) => `${named(of)}: ${REASONS[reason] ?? reason}`,
  );
  const told = [...gone, ...left];
  const fault =
    difference === undefined
      ? ''
      : `    ${difference.where}.${difference.column}: ${difference.cause}\n`;
  return told.length === 0 ? '' : `  ${day}  ${told.join('; ')}\n${fault}`;
}

function named(tenants: readonly string[]): string {
  const more = tenants.length - TENANTS_NAMED_MAX;
  const shown = tenants.slice(0, TENANTS_NAMED_MAX).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

const resultSchema = z.looseObject({
  dry_run: z.boolean(),
  spans: z.int(),
  content: z.int(),
  entries: z.int(),
  waiting: z.record(z.string(), z.int()),
});

/** The end of a pass. */
export function expiredText(result: unknown): string {
  const { dry_run: isDry, spans, content, entries, waiting } = resultSchema.parse(result);
  const sum = `${spans} spans, the content of ${content} spans, ${entries} ledger entries`;
  const text = isDry ? `Due: ${sum}. Nothing expired: a dry run.\n` : `Expired: ${sum}.\n`;
  const left = Object.entries(waiting).map(
    ([reason, days]) => `Kept for now: ${days} days of a tenant, ${REASONS[reason] ?? reason}.\n`,
  );
  return text + left.join('');
}
