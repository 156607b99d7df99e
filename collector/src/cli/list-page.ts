// A list that comes in pages, as `alerts list` and `audit` show one.
import type { z } from 'zod';
import { openCollectorClient } from './collector-client.ts';
import type { CommandInput } from './command.ts';
import { type TextColumn, textTable } from './text-table.ts';
import { writeAnswer } from './write-answer.ts';

interface ListPage<Row> {
  readonly path: string;
  /** Flags that are parameters of the same name. */
  readonly flags: readonly string[];
  /** What is asked where no flag says otherwise. */
  readonly preset: Readonly<Record<string, string>>;
  readonly schema: z.ZodType<{ rows: Row[]; next_cursor: string | null }>;
  readonly columns: readonly TextColumn<Row>[];
}

/** Asks the running collector for a page, and says where the next one is. @returns the exit code */
export async function listPage<Row>(input: CommandInput, page: ListPage<Row>): Promise<number> {
  const asked = new URLSearchParams(page.preset);
  for (const flag of page.flags) {
    const value = input.flags.get(flag);
    if (value !== undefined) asked.set(flag, value);
  }
  const client = await openCollectorClient(input.config);
  const query = asked.size === 0 ? '' : `?${asked}`;
  const answer = await client.ask('GET', `${page.path}${query}`);
  const { rows, next_cursor: cursor } = page.schema.parse(answer);
  const more = cursor === null ? '' : `There are more: the same with --cursor ${cursor}\n`;
  return writeAnswer(input, answer, () => `${textTable(page.columns, rows)}${more}`);
}
