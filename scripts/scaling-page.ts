// The parts of docs/scaling.md that are numbers: what was measured, and the arithmetic from it. What is written by hand
// stands between them; a part begins with `<!-- … makes this: NAME -->` and ends with `<!-- end -->`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './markdown.ts';
import {
  MIXES,
  type MixFigures,
  readScalingFigures,
  type ScalingFigures,
  STORED_TABLES,
} from './scaling-figures.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'scaling.md');
const PART = /(<!-- `npm run docs` makes this: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The page with its numbers as they are. Throws where it names a part that is not made, or one is nowhere. */
export function scalingPage(
  text: string = readFileSync(PAGE, 'utf8'),
  figures: ScalingFigures = readScalingFigures(),
): string {
  const left = new Set(Object.keys(PARTS));
  const page = text.replaceAll(PART, (_, begin: string, name: string, end: string) => {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`docs/scaling.md: nobody makes the part ${name}`);
    left.delete(name);
    return `${begin}\n${part(figures)}\n\n${end}`;
  });
  if (left.size > 0) throw new Error(`docs/scaling.md has not the parts ${[...left].join(', ')}`);
  return page;
}

const PARTS: Readonly<Record<string, (figures: ScalingFigures) => string>> = {
  'one-machine': oneMachine,
  'a-million-a-second': aMillion,
  'what-retention-takes': retention,
  'what-it-costs': cost,
};

const MILLION = 1e6;
const DAY_SECONDS = 86_400;
const JOURNAL_BYTES = 10e9;
/** Where there is room left for bursts, dashboards and a collector that is down. */
const LOAD = 0.5;
const DAYS_A_MONTH = 30;

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const fine = (value: number): string => value.toFixed(1);
const bothUs = ({ collectorUs, engineUs }: MixFigures): number => collectorUs + engineUs;

function oneMachine({ mixes, acknowledgedP99Ms }: ScalingFigures): string {
  const row = (title: string, told: (mix: MixFigures) => string, source: string): string[] => [
    title,
    ...MIXES.map((mix) => told(mixes[mix])),
    source,
  ];
  const perCore = MIXES.map((mix) => MILLION / bothUs(mixes[mix]));
  const [calls = 0, tenth = 0] = perCore;
  return [
    table(
      ['', 'Calls', 'Tenth', 'Row there'],
      [
        row(
          'collector, CPU a span, up to the insert',
          (mix) => `${fine(mix.collectorUs)} µs`,
          'end-to-end: collector',
        ),
        row(
          'engine, CPU a span, merges included',
          (mix) => `${fine(mix.engineUs)} µs`,
          'end-to-end: engine',
        ),
        row(
          'stored, both on two cores',
          (mix) => `${whole(mix.storedPerSecond)} spans/s`,
          'end-to-end: stored',
        ),
        row(
          'collector alone, engine elsewhere',
          (mix) => `${whole(mix.spansPerCore)} spans/s a core`,
          'peers: ours',
        ),
        row(
          'bytes to ClickHouse',
          (mix) => `${whole(mix.bytesToClickHouse)} B a span`,
          'peers: our bytes to ClickHouse a span',
        ),
      ],
    ),
    '',
    `So one machine is enough until the sum of both CPU figures times the rate comes near its cores: ${fine(bothUs(mixes.calls))} µs a call are ${whole(calls)} calls/s for a core, and`,
    `${fine(bothUs(mixes.tenth))} µs a span of the mix are ${whole(tenth)} spans/s. Plan for half of that: dashboards run on the same cores, and at a fifth of the maximum rate with dashboards beside it`,
    `the p99 of an acknowledgement was ${whole(acknowledgedP99Ms)} ms there.`,
  ].join('\n');
}

const storedOf = ({ storedBytes }: ScalingFigures): number =>
  STORED_TABLES.reduce((sum, name) => sum + storedBytes[name], 0);

function aMillion(figures: ScalingFigures): string {
  const { calls, tenth } = figures.mixes;
  const cores = MILLION / tenth.spansPerCore;
  const collectors = Math.ceil(cores / LOAD);
  const engine = (MILLION * tenth.engineUs) / MILLION;
  const aDay = MILLION * DAY_SECONDS * storedOf(figures);
  const awaySeconds = JOURNAL_BYTES / ((MILLION / collectors) * tenth.bytesToClickHouse);
  return [
    table(
      ['Part', 'Sum', 'Result'],
      [
        [
          'collectors',
          `1,000,000 ÷ ${whole(tenth.spansPerCore)}`,
          `${fine(cores)} cores at work. A collector decodes on one core: at half load ${collectors} of them`,
        ],
        [
          'engine, CPU',
          `1,000,000 × ${fine(tenth.engineUs)} µs`,
          `${fine(engine)} cores for inserts and merges; with two replicas at most ${fine(2 * engine)}, for the second fetches parts and merges them itself`,
        ],
        [
          'network into ClickHouse, one shard',
          `1,000,000 × ${whole(tenth.bytesToClickHouse)} B`,
          `${whole(tenth.bytesToClickHouse)} MB/s; a replica fetches the compressed parts`,
        ],
        [
          'disk, from [the storage table](../clickhouse/SCHEMA.md#what-it-takes-and-why-it-is-so)',
          `86.4 × 10⁹ spans a day × ${fine(storedOf(figures))} B`,
          `${fine(aDay / 1e12)} TB a day and replica: [what retention takes](#what-retention-takes)`,
        ],
        [
          'journal of one collector, ClickHouse away',
          `10 GB ÷ (1,000,000 ÷ ${collectors} × ${whole(tenth.bytesToClickHouse)} B)`,
          `${whole(awaySeconds)} s, then senders get 503; \`--journal-bytes-max\` 100 GB is ${fine((10 * awaySeconds) / 3600)} hours`,
        ],
      ],
    ),
    '',
    `Of calls alone everything is larger: ${fine(MILLION / calls.spansPerCore)} cores of collectors, ${fine(calls.engineUs)} cores of engine.`,
  ].join('\n');
}

const RATES = [100, 1_000, 10_000, 1_000_000] as const;
const RETENTIONS = [
  { name: 'spans', tables: ['spans'], days: 30, option: '--retention-spans 30d' },
  { name: 'ledger', tables: ['ledger'], days: 400, option: '--retention-ledger 400d' },
  {
    name: 'rollups, traces',
    tables: ['cost_hourly', 'cost_daily', 'traces'],
    days: 400,
    option: null,
  },
] as const;

/** In two digits, such as `2.3 TB`. */
function size(bytes: number): string {
  const [unit, name] = bytes >= 1e12 ? ([1e12, 'TB'] as const) : ([1e9, 'GB'] as const);
  return `${Number((bytes / unit).toPrecision(2)).toLocaleString('en-US')} ${name}`;
}

function retention({ storedBytes }: ScalingFigures): string {
  const rows = RETENTIONS.map(({ name, tables, days, option }) => {
    const bytes = tables.reduce((sum, one) => sum + storedBytes[one], 0);
    const sizes = RATES.map((rate) => size(rate * DAY_SECONDS * bytes * days));
    const kept =
      option === null ? `${days} days (rollups never expire)` : `${days} days (\`${option}\`)`;
    return [name, `${fine(bytes)} B`, kept, ...sizes];
  });
  return table(['', 'A span', 'Kept', ...RATES.map((rate) => `${whole(rate)} spans/s`)], rows);
}

/** Of one month at a rate: cores at half load, and terabytes of what a month stores. */
function cost(figures: ScalingFigures): string {
  const { tenth } = figures.mixes;
  const cores = (us: number, rate: number): string => ((rate * us) / MILLION / LOAD).toFixed(2);
  const collectorUs = MILLION / tenth.spansPerCore;
  const terabytes = (rate: number): string =>
    ((rate * DAY_SECONDS * DAYS_A_MONTH * storedOf(figures)) / 1e12).toFixed(2);
  const rates = [1_000, 1_000_000];
  return table(
    ['Part', 'Formula', ...rates.map((rate) => `At ${whole(rate)} spans/s`)],
    [
      [
        'collectors',
        `rate × ${fine(collectorUs)} µs ÷ ${LOAD} × C`,
        ...rates.map((rate) => `${cores(collectorUs, rate)} × C`),
      ],
      [
        'engine',
        `rate × ${fine(tenth.engineUs)} µs ÷ ${LOAD} × replicas × C`,
        ...rates.map((rate) => `${cores(tenth.engineUs, rate)} × replicas × C`),
      ],
      [
        'disk, for each month that is kept',
        `rate × ${whole(DAY_SECONDS * DAYS_A_MONTH)} s × ${fine(storedOf(figures))} B × replicas × D`,
        ...rates.map((rate) => `${terabytes(rate)} × replicas × D`),
      ],
      [
        'network between them, where it is billed',
        `rate × ${whole(DAY_SECONDS * DAYS_A_MONTH)} s × ${whole(tenth.bytesToClickHouse)} B × shards × N`,
        ...rates.map(
          (rate) =>
            `${((rate * DAY_SECONDS * DAYS_A_MONTH * tenth.bytesToClickHouse) / 1e12).toFixed(2)} × shards × N`,
        ),
      ],
    ],
  );
}
