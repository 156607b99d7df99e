// `aicost prices …`: `check` and `show` work on the shipped book alone; the others ask the running collector, which
// keeps the terms of each tenant, and who changed them when.
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../config-error.ts';
import type { BookReport, PriceAnswer, PriceQuestion } from '../price-answer.ts';
import { daysSince } from '../price-row.ts';
import { openCollectorClient } from './collector-client.ts';
import { type Command, CommandError, type CommandFlag, type CommandInput } from './command.ts';
import { priceText, reportText, termsLine, termsTable } from './price-text.ts';
import { writeAnswer } from './write-answer.ts';

/** The shipped book, without a collector. */
export interface OfflinePrices {
  readonly report: (path: string | null) => BookReport;
  readonly show: (question: PriceQuestion) => Promise<PriceAnswer>;
  /** Nanoseconds since 1970; undefined for a text that is no RFC 3339. */
  readonly parseInstantNs: (text: string) => bigint | undefined;
}
export type OpenOfflinePrices = () => Promise<OfflinePrices>;

const OVERRIDES = '/api/v1/admin/prices/overrides';
const IMPORTS = '/api/v1/admin/prices/imports';

async function check(input: CommandInput, open: OpenOfflinePrices): Promise<number> {
  const report = (await open()).report(input.flags.get('file') ?? null);
  const ageDays = daysSince(report.checked_at, input.io.now());
  writeAnswer(input, report, () => reportText(report, ageDays));
  return report.findings.length === 0 ? 0 : 1;
}

async function show(input: CommandInput, open: OpenOfflinePrices): Promise<number> {
  const prices = await open();
  const at = input.flags.get('at');
  const nowNs = BigInt(input.io.now().getTime()) * 1_000_000n;
  const atNs = at === undefined || at === 'now' ? nowNs : prices.parseInstantNs(at);
  if (atNs === undefined) {
    throw new ConfigError(
      `--at is ${JSON.stringify(at)}; expected now or RFC 3339 such as 2026-08-20T12:00:00Z.`,
    );
  }
  const model = input.positionals[0] ?? '';
  const provider = input.flags.get('provider') ?? null;
  const answer = await prices.show({ model, provider, atNs });
  if (answer.rows.length > 0 || input.json) {
    writeAnswer(input, answer, () => priceText(answer));
    return answer.rows.length > 0 ? 0 : 1;
  }
  const place = provider === null ? '' : ` of ${provider}`;
  const near =
    answer.nearest.length === 0
      ? 'Nothing in it has a name near to that.'
      : `Near to it: ${answer.nearest.join(', ')}.`;
  throw new CommandError(`The price book has no model ${JSON.stringify(model)}${place}. ${near}`);
}

async function importBook(input: CommandInput): Promise<number> {
  const path = input.positionals[0] ?? '';
  let book: unknown;
  try {
    book = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CommandError(`${path} cannot be read as a price book: ${String(error)}`, {
      cause: error,
    });
  }
  const client = await openCollectorClient(input.config);
  const answer = await client.ask('POST', IMPORTS, book);
  writeAnswer(input, answer, () => termsLine(answer));
  return 0;
}

/** `name=value` pairs of a flag that may be given more than once, or with commas. */
function readPairs(flag: string, text: string | undefined): Record<string, string> {
  const words = (text ?? '').split(/[\n,]/).filter((word) => word !== '');
  return Object.fromEntries(
    words.map((word) => {
      const [, name, value] = /^([a-z0-9_]+)=(.+)$/.exec(word.trim()) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new ConfigError(`--${flag} is ${JSON.stringify(word)}; expected name=value.`);
    }),
  );
}

async function addTerms(input: CommandInput, terms: Record<string, unknown>): Promise<number> {
  const tenant = input.flags.get('tenant') ?? null;
  const note = input.flags.get('note') ?? null;
  const client = await openCollectorClient(input.config);
  const answer = await client.ask('POST', OVERRIDES, { tenant, terms: { ...terms, note } });
  writeAnswer(input, answer, () => termsLine(answer));
  return 0;
}

async function alias(input: CommandInput): Promise<number> {
  const { flags } = input;
  const target = flags.get('to');
  if (target === undefined) {
    throw new ConfigError('--to is missing; expected PROVIDER/MODEL such as azure/gpt-4o.');
  }
  return addTerms(input, {
    type: 'alias',
    name: input.positionals[0],
    target,
    provider: flags.get('provider') ?? null,
    valid_from: flags.get('from') ?? null,
    valid_until: flags.get('until') ?? null,
  });
}

async function override(input: CommandInput): Promise<number> {
  const { flags } = input;
  const times = { valid_from: flags.get('from') ?? null, valid_until: flags.get('to') ?? null };
  const [discount, rate] = [flags.get('discount'), flags.get('rate')];
  const [provider, model] = [flags.get('provider') ?? null, flags.get('model') ?? null];
  if ((discount === undefined) === (rate === undefined)) {
    throw new ConfigError(
      'expected either --discount 0.05 or --rate in_uncached=1.25/M, and not both.',
    );
  }
  if (discount !== undefined) {
    if (flags.has('when')) throw new ConfigError('--when goes with --rate, not with --discount.');
    return addTerms(input, { type: 'discount', discount, provider, model, ...times });
  }
  if (provider === null || model === null) {
    throw new ConfigError('--rate needs --provider and --model.');
  }
  const rates = readPairs('rate', rate);
  const when = readPairs('when', flags.get('when'));
  return addTerms(input, { type: 'rates', provider, model, rates, when, ...times });
}

async function list(input: CommandInput): Promise<number> {
  const tenant = input.flags.get('tenant');
  const query = tenant === undefined ? '' : `?${new URLSearchParams({ tenant })}`;
  const client = await openCollectorClient(input.config);
  const answer = await client.ask('GET', `${OVERRIDES}${query}`);
  writeAnswer(input, answer, () => termsTable(answer));
  return 0;
}

async function remove(input: CommandInput): Promise<number> {
  const at = input.flags.get('at');
  const query = at === undefined ? '' : `?${new URLSearchParams({ at })}`;
  const path = `${OVERRIDES}/${encodeURIComponent(input.positionals[0] ?? '')}${query}`;
  const client = await openCollectorClient(input.config);
  const answer = await client.ask('DELETE', path);
  writeAnswer(input, answer, () => termsLine(answer));
  return 0;
}

const PROVIDER: CommandFlag = {
  flag: 'provider',
  value: 'name',
  sentence: 'As spans tell it; without it, any.',
};
const TENANT: CommandFlag = {
  flag: 'tenant',
  value: 'name',
  sentence: 'For another tenant than that of the key; operator keys only.',
};
const FROM: CommandFlag = {
  flag: 'from',
  value: 'time',
  sentence: 'For calls that start at or after: RFC 3339, now, or now-<n>[mhdw].',
};
const until = (flag: string): CommandFlag => ({
  flag,
  value: 'time',
  sentence: 'For calls that start before.',
});
const NOTE: CommandFlag = { flag: 'note', value: 'text', sentence: 'Why; kept with it.' };

const ASKING_COMMANDS: readonly Command[] = [
  {
    name: 'prices import',
    sentence: 'Bring a newer price book to the collector; it is checked before it is taken.',
    takes: 'client',
    flags: [],
    positionals: ['file'],
    run: importBook,
  },
  {
    name: 'prices alias',
    sentence: 'Say which model a name of your own stands for: a deployment, a profile, a route.',
    takes: 'client',
    flags: [
      { flag: 'to', value: 'provider/model', sentence: 'Whose list prices it: azure/gpt-4o.' },
      PROVIDER,
      TENANT,
      FROM,
      until('until'),
      NOTE,
    ],
    positionals: ['name'],
    run: alias,
  },
  {
    name: 'prices override',
    sentence: 'Set a rate of your own contract, or a discount on the list price.',
    takes: 'client',
    flags: [
      { flag: 'discount', value: 'share', sentence: 'Off the list price: 0.05 is 5 %.' },
      {
        flag: 'rate',
        value: 'quantity=usd/units',
        sentence: 'Such as in_uncached=1.25/M; may be given more than once.',
        repeats: true,
      },
      {
        flag: 'when',
        value: 'dimension=value',
        sentence: 'Only for such calls: service_tier=priority; may be given more than once.',
        repeats: true,
      },
      PROVIDER,
      { flag: 'model', value: 'name', sentence: "The book's name of the model, or a new one." },
      TENANT,
      FROM,
      until('to'),
      NOTE,
    ],
    positionals: [],
    run: override,
  },
  {
    name: 'prices overrides list',
    sentence: 'List aliases, own rates, discounts and imported books, ended ones included.',
    takes: 'client',
    flags: [TENANT],
    positionals: [],
    run: list,
  },
  {
    name: 'prices overrides remove',
    sentence: 'Take one of them back, or let it end at an instant; the history keeps it.',
    takes: 'client',
    flags: [
      {
        flag: 'at',
        value: 'time',
        sentence: 'When it ends; without it, it is as if it had never been.',
      },
    ],
    positionals: ['id'],
    run: remove,
  },
];

/** @param open the shipped book, read when a command needs it */
export const priceCommands = (open: OpenOfflinePrices): readonly Command[] => [
  {
    name: 'prices check',
    sentence: 'Check the shipped price book, or a file before it is imported.',
    takes: 'none',
    flags: [{ flag: 'file', value: 'path', sentence: 'A price book to be imported.' }],
    positionals: [],
    run: (input) => check(input, open),
  },
  {
    name: 'prices show',
    sentence: 'Show which entry of the shipped book prices a model, and why.',
    takes: 'none',
    flags: [
      PROVIDER,
      { flag: 'at', value: 'time', sentence: 'The start of a call, RFC 3339 (default now).' },
    ],
    positionals: ['model'],
    run: (input) => show(input, open),
  },
  ...ASKING_COMMANDS,
];
