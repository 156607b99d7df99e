/** What was set aside of the journal, as the API and the command show it, and the way to put it back. */

import { z } from 'zod';

/** A part in poison/ (ClickHouse refused it) or damaged/ (it does not hold): acknowledged, and in no total. */
export const SET_ASIDE_ROW = z.object({
  state: z.enum(['poison', 'damaged']),
  name: z.string(),
  reason: z.string().nullable().describe('Why; null where it cannot be told.'),
  span_rows: z.int().nullable(),
  entry_rows: z.int().nullable(),
  held_by: z
    .array(z.string())
    .nullable()
    .describe('Tables that hold it; null where that cannot be told.'),
});
export type SetAsideRow = Readonly<z.output<typeof SET_ASIDE_ROW>>;

/** What became of one part that was to be put back. */
export const RETRIED_ROW = z.object({
  name: z.string(),
  retried: z.boolean(),
  reason: z
    .string()
    .nullable()
    .describe(
      'Why not, or what of it does not hold and is kept apart; null when all of it is back in the queue.',
    ),
});
export type RetriedRow = Readonly<z.output<typeof RETRIED_ROW>>;

export interface SetAsideOperations {
  list(): Promise<readonly SetAsideRow[]>;
  /** Puts back the poison segment of this name, or every one. */
  retry(name: string | undefined): Promise<readonly RetriedRow[]>;
}
