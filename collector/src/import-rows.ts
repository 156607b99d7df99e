/** Rows of a history as the API takes them, and what becomes of them. */
import { z } from 'zod';
import { tenantNameSchema } from './access.ts';

/** One request's worth: their spans are on disk together, and a sender that is cut off has little to send again. */
const IMPORT_ROWS_MAX = 5_000;

const rowSchema = z.strictObject({
  line: z.int().min(1).describe('Where it stands in its file: what a refusal names.'),
  nth: z
    .int()
    .min(0)
    .default(0)
    .describe('Which of the equal rows of its file it is, from 0; says something without an id.'),
  columns: z
    .record(z.string(), z.unknown())
    .describe('Cells by the names of the file; numbers best as text.'),
});

/** The body of `POST /api/v1/admin/import`. */
export const IMPORT_BODY = z.strictObject({
  source: z.string().default('aicost').describe('What the columns mean: docs/import.md.'),
  tenant: tenantNameSchema
    .optional()
    .describe('Whose calls they are; else the row says so, and if it does not, `default`.'),
  dry_run: z.boolean().default(false).describe('Read and price them, and keep nothing.'),
  rows: z
    .array(rowSchema)
    .min(1)
    .max(IMPORT_ROWS_MAX, { error: `expected at most ${IMPORT_ROWS_MAX} rows` }),
});

export type ImportBody = z.output<typeof IMPORT_BODY>;

const AMOUNT = z.string().describe('Plain decimal in US dollars.');

export const IMPORT_ANSWER = z.strictObject({
  rows: z.int().describe('Rows that were read.'),
  kept: z.int().describe('Spans that are on disk now, and were not before; 0 in a dry run.'),
  known: z.int().describe('Spans that were there already, byte for byte.'),
  replaced: z
    .int()
    .describe('Rows that a later row of the request with the same id took the place of.'),
  refused: z
    .array(
      z.strictObject({
        line: z.int(),
        column: z.string(),
        value: z.string().describe('Its beginning.'),
        expected: z.string(),
      }),
    )
    .describe('Rows of which nothing was kept, and why.'),
  calls: z.int().describe('Calls that are billed by themselves, those already there included.'),
  unpriced: z
    .record(z.string(), z.int())
    .describe('Of them, those without a cost: reason → how many.'),
  cost_usd: AMOUNT.describe('What they cost at the prices of their time.'),
  reported_usd: AMOUNT.describe('What the source said they cost, where it said so.'),
  tenants: z.array(z.string()).describe('Whose they are.'),
});

export type ImportAnswer = z.output<typeof IMPORT_ANSWER>;
export type RefusedRow = ImportAnswer['refused'][number];

/** @throws Problem parameter_invalid; journal_unavailable where the same rows may be sent again */
export type ImportRows = (body: ImportBody) => Promise<ImportAnswer>;

const SHOWN_CHARS_MAX = 200;

/** A cell as a refusal shows it. */
export function shownCell(cell: unknown): string {
  const text = typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? 'nothing');
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}
