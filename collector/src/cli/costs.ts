// `aicost costs`: what was spent, by any dimension, asked of the running collector.
import { openCollectorClient } from './collector-client.ts';
import type { Command, CommandInput } from './command.ts';
import { breakdownSchema, costTable } from './cost-table.ts';

const DEFAULTS = { from: 'now-24h', to: 'now', by: 'model' } as const;
const ASKED = ['from', 'to', 'by', 'limit'] as const;

/** What `runCosts` needs of the outside. */
export interface CostsRun {
  /** Asks the collector: a path with its query; resolves to the parsed answer. */
  readonly request: (path: string) => Promise<unknown>;
  /** The command's own flags by name. */
  readonly flags: ReadonlyMap<string, string>;
  readonly json: boolean;
  readonly write: (text: string) => void;
}

/** Asks for a breakdown and writes it, as a table or as the JSON the collector sent. */
export async function runCosts({ request, flags, json, write }: CostsRun): Promise<void> {
  const query = new URLSearchParams(DEFAULTS);
  for (const name of ASKED) {
    const value = flags.get(name);
    if (value !== undefined) query.set(name, value);
  }
  for (const [dimension, value] of new URLSearchParams(flags.get('filter') ?? '')) {
    query.append(dimension, value);
  }
  const answer = await request(`/api/v1/costs/breakdown?${query}`);
  if (json) {
    write(`${JSON.stringify(answer)}\n`);
    return;
  }
  const by = (query.get('by') ?? '').split(',').filter((dimension) => dimension !== '');
  write(costTable(breakdownSchema.parse(answer), by));
}

async function costs({ config, flags, json, io }: CommandInput): Promise<number> {
  const client = await openCollectorClient(config);
  const request = (path: string) => client.ask('GET', path);
  await runCosts({ request, flags, json, write: io.write });
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
    {
      flag: 'filter',
      value: 'pairs',
      sentence: 'Only calls with these values, as in a URL: "model=gpt-4o&feature=search".',
    },
    { flag: 'limit', value: 'rows', sentence: 'How many rows are shown; the rest is one more.' },
  ],
  positionals: [],
  run: costs,
};
