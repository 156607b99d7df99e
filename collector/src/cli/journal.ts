// `aicost journal list|retry`: what was set aside of the journal, and the way to put it back once the cause is mended.
// Asks the running collector; where none runs on the data directory, works on the directory itself.
import { z } from 'zod';
import type { SetAsideOperations } from '../set-aside-row.ts';
import { openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { isRunning } from './is-running.ts';
import { type TextColumn, textTable } from './text-table.ts';

/** The journal of a data directory on which no collector runs; undefined where there is nothing to open. */
export type OpenStoppedJournal = (
  dataDir: string,
) => Promise<(SetAsideOperations & { close: () => void }) | undefined>;

const PATH = '/api/v1/admin/journal';

const listedSchema = z.looseObject({
  rows: z.array(
    z.looseObject({
      state: z.enum(['poison', 'damaged']),
      name: z.string(),
      reason: z.string().nullable(),
      span_rows: z.int().nullable(),
      entry_rows: z.int().nullable(),
      held_by: z.array(z.string()).nullable(),
    }),
  ),
});
const retriedSchema = z.looseObject({
  rows: z.array(
    z.looseObject({ name: z.string(), retried: z.boolean(), reason: z.string().nullable() }),
  ),
});

type ListedRow = z.output<typeof listedSchema>['rows'][number];

const REASON_SHOWN = 160;
const shown = (value: unknown): string => (value === null ? '?' : String(value));

const COLUMNS: readonly TextColumn<ListedRow>[] = [
  { title: 'STATE', text: ({ state }) => state },
  { title: 'NAME', text: ({ name }) => name },
  { title: 'SPANS', text: (row) => shown(row.span_rows), isNumber: true },
  { title: 'ENTRIES', text: (row) => shown(row.entry_rows), isNumber: true },
  { title: 'HELD BY', text: (row) => (row.held_by === null ? '?' : row.held_by.join(',') || '-') },
  { title: 'REASON', text: ({ reason }) => shown(reason).slice(0, REASON_SHOWN) },
];

async function useJournal(
  { config }: CommandInput,
  open: OpenStoppedJournal,
  ask: { method: 'GET' | 'POST'; path: string; body?: object },
  work: (operations: SetAsideOperations) => Promise<readonly object[]>,
): Promise<unknown> {
  const mustAsk = config.url !== null || (await isRunning(config.dataDir));
  const stopped = mustAsk ? undefined : await open(config.dataDir);
  if (stopped === undefined) {
    const client = await openCollectorClient(config);
    return client.ask(ask.method, ask.path, ask.body);
  }
  try {
    return { rows: await work(stopped) };
  } finally {
    stopped.close();
  }
}

async function list(input: CommandInput, open: OpenStoppedJournal): Promise<number> {
  const found = await useJournal(input, open, { method: 'GET', path: PATH }, ({ list: all }) =>
    all(),
  );
  const { rows } = listedSchema.parse(found);
  if (input.json) {
    input.io.write(`${JSON.stringify(found)}\n`);
    return 0;
  }
  if (rows.length === 0) {
    input.io.write('Nothing was set aside.\n');
    return 0;
  }
  input.io.write(textTable(COLUMNS, rows));
  return 0;
}

async function retry(input: CommandInput, open: OpenStoppedJournal): Promise<number> {
  const name = input.flags.get('name');
  const body = name === undefined ? {} : { name };
  const asked = { method: 'POST', path: `${PATH}/retry`, body } as const;
  const answer = await useJournal(input, open, asked, (journal) => journal.retry(name));
  const { rows } = retriedSchema.parse(answer);
  if (input.json) input.io.write(`${JSON.stringify(answer)}\n`);
  else if (rows.length === 0) input.io.write('No poison segment lies aside.\n');
  else {
    for (const row of rows) {
      const but = row.reason === null ? '' : `, but ${row.reason}`;
      input.io.write(`${row.name}: ${row.retried ? `back in the queue${but}` : row.reason}\n`);
    }
  }
  return rows.every((row) => row.retried) ? 0 : 1;
}

/** `open` opens the journal of a data directory on which no collector runs. */
export const journalCommands = (open: OpenStoppedJournal): readonly Command[] => [
  {
    name: 'journal list',
    sentence: 'List segments that ClickHouse refused or that the disk damaged: no total has them.',
    takes: 'client',
    flags: [],
    positionals: [],
    run: (input) => list(input, open),
  },
  {
    name: 'journal retry',
    sentence: 'Put refused segments back into the queue, once the cause is mended.',
    takes: 'client',
    flags: [
      { flag: 'name', value: 'segment', sentence: 'Only this one, as journal list names it.' },
    ],
    positionals: [],
    run: (input) => retry(input, open),
  },
];
