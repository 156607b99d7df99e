/**
 * The road of one span, as arrows: a stage knows its own folder, the root nouns, the packages below, and only those
 * nouns of earlier stages that this table names. ARCHITECTURE.md tells the same road in words.
 */
import { expect, test } from 'vitest';
import { isForTests } from './repository-files.ts';
import { readSources } from './source-tree.ts';

/** In the order of the road: each stage with the nouns it takes from stages before it. */
const ROAD: Readonly<Record<string, readonly string[]>> = {
  receive: [],
  authenticate: [],
  // Who may send how much: after the key is known, before the body is read.
  limit: [],
  decode: [],
  normalise: [
    'decode/span-view.ts',
    'decode/log-view.ts',
    'decode/attribute-list.ts',
    // Lists of labels.
    'decode/any-value.ts',
    'decode/byte-text.ts',
    'decode/text-memo.ts',
    'decode/key-shapes.ts',
  ],
  price: ['normalise/call.ts'],
  rows: [
    'decode/span-view.ts',
    'decode/key-shapes.ts',
    'decode/attribute-list.ts',
    'decode/text-memo.ts',
    // Arrays and lists inside an attribute are walked when they are stored, not before.
    'decode/any-value.ts',
    'normalise/call.ts',
    // What a dialect declares as content is what is hidden.
    'normalise/dialect.ts',
    'normalise/attribute-keys.ts',
    'normalise/attribution.ts',
    // Rows are made of what was learned, so that no call is made an object on the road.
    'normalise/learned/span-call.ts',
    'normalise/learned/call-template.ts',
    'normalise/learned/kept-calls.ts',
    'price/charge-call.ts',
  ],
  journal: [],
  write: ['journal/sealed-segment.ts', 'journal/sealed-queue.ts'],
  settle: [
    // The spans of a request, as places in its bytes.
    'decode/span-view.ts',
    'normalise/call.ts',
    // Its calls, as numbers and places in its bytes.
    'normalise/learned/span-call.ts',
    'normalise/learned/kept-calls.ts',
    'normalise/log-call.ts',
    'normalise/log-events.ts',
    'price/charge-call.ts',
    'rows/ledger-entry.ts',
    'rows/append-context.ts',
  ],
  // Both look at the ledger as settle does: loaded, grouped, and as what should stand there.
  verify: [
    'normalise/call.ts',
    'price/charge-call.ts',
    'rows/ledger-entry.ts',
    'settle/call-of-entry.ts',
    'settle/cut-groups.ts',
    'settle/desired-entries.ts',
    'settle/difference.ts',
    'settle/load-groups.ts',
    'settle/load-traces.ts',
    'settle/resolve-roles.ts',
    'settle/sealed-days.ts',
    'settle/settle-span.ts',
    'settle/standing-amounts.ts',
    'settle/standing-parts.ts',
    'settle/stored-entry.ts',
    'settle/told-by-events.ts',
  ],
  reprice: [
    'normalise/call.ts',
    'price/charge-call.ts',
    'rows/append-stored-span.ts',
    'rows/ledger-entry.ts',
    'settle/call-of-entry.ts',
    'settle/cut-groups.ts',
    'settle/desired-entries.ts',
    'settle/difference.ts',
    'settle/load-groups.ts',
    'settle/load-spans.ts',
    'settle/load-traces.ts',
    'settle/resolve-roles.ts',
    'settle/sealed-days.ts',
    'settle/settle-span.ts',
    'settle/span-tree.ts',
    'settle/standing-amounts.ts',
    'settle/standing-parts.ts',
    'settle/stored-entry.ts',
    'settle/stored-span.ts',
    'settle/told-by-events.ts',
  ],
  // What was appended, as events for who listens.
  live: ['rows/ledger-entry.ts'],
  // Lets days expire that settle has passed and verify found right.
  retention: ['settle/sealed-days.ts', 'verify/day-facts.ts', 'verify/report.ts'],
  // Tenants and persons whose data goes; what is content is what retention replaces.
  erase: ['retention/replace-content.ts', 'verify/day-facts.ts'],
  // Control totals are made of data points, and their amounts are read as money is.
  totals: ['decode/decode-metrics.ts', 'normalise/decimal-text.ts'],
};

/** Folders beside the road: they know no stage and not each other. */
const BESIDE_THE_ROAD: readonly string[] = [
  'control',
  'api',
  'backup',
  'budgets',
  'day-totals',
  'health',
  'move',
  'page',
  'sql',
  'cli',
  'demo',
  'import',
];

/** Files that join folders, with what each joins. Every other file at the root is a noun: it knows no folder. */
const JOINERS: Readonly<Record<string, string>> = {
  'main.ts': 'the commands',
  'command-parts.ts': 'commands with the parts of the program they stand on',
  'migrate-command.ts': 'a command that stands on the storage',
  'demo-command.ts': 'the demo with the way to a collector and the tables of costs',
  'import-command.ts': 'the files of a history with the way to a collector',
  'import-history.ts': 'rows of a history with the road of spans and what has expired',
  'preview-spans.ts': 'decode, normalise and price without the journal',
  'open-import.ts': 'the import with prices, tenants and the store',
  'collector.ts': 'the stages',
  'keep-spans.ts': 'what comes after decode, up to the journal, for one span',
  'kept-request.ts': 'a request with its prices and what the journal said of it',
  'span-key.ts': 'the ids of a decoded span with the layout of keys in the journal',
  'read-span.ts': 'normalise and price, for one span',
  'accept-traces.ts': 'decode with keep-spans.ts, for one request of traces',
  'accept-logs.ts': 'decode with keep-spans.ts, for one request of logs',
  'accept-metrics.ts': 'decode with the control totals, for one request of metrics',
  'accept-signals.ts': 'the signals with what takes their requests',
  'acceptor-parts.ts': 'what the acceptors stand on, of which it takes the types',
  'transcoded.ts': 'long JSON with the thread that decodes it',
  'claim-writer.ts': 'control state with what the writer looks for there',
  'storing.ts': 'journal, writer and settle: what runs behind the acknowledgement',
  'http-app.ts': 'the HTTP application with what answers in it',
  'receivers.ts': 'OTLP over both transports with what encodes its answers',
  'listeners.ts': 'addresses with what answers on them',
  'storage.ts': 'the engine, the store and the migrations',
  'observe.ts': 'events of the stages with log and metrics',
  'collect-gauges.ts': 'the parts with the gauges that tell how they are',
  'limits.ts': 'the limits of the stages, of which it takes the types',
  'open-limits.ts': 'the limits of requests with control state, journal and the data directory',
  'undecodable.ts': 'errors of decode with the problems that senders are told',
  'ledger-work.ts': 'verify and reprice with settle, the journal and the prices of now',
  'price-now.ts': 'the book with the work on the ledger',
  'open-day-totals.ts': 'the totals of days with the store and the metrics',
  'open-ownership.ts': 'who settles, with the files of control state, the store and the log',
  'open-health.ts': 'the gauges with the registry, and the table that keeps them',
  'open-budgets.ts': 'budgets and webhooks with control state and metrics',
  'open-backup.ts': 'a backup with the storage, the journal and the work that has to wait for it',
  'move-command.ts': 'a command that stands on the tables of a stopped collector',
  'restore-command.ts': 'a command that stands on backups',
  'erasures.ts': 'deletions with control state, and what is content',
  'open-erasures.ts': 'deletions with the parts of a collector that they stand on',
  'bucket-prices.ts': 'the book with the flame graphs of the API',
  'open-live.ts': 'the live stream with its limits and metrics',
  'open-parts.ts': 'control state and journal with the files they stand on',
  'stopped-ledger.ts':
    'work on the ledger with the parts of a directory on which no collector runs',
  'settle/append-entries.ts':
    'entries that correct with the journal, as accept-traces.ts those of a request',
  'reprice/append-versions.ts': 'what a repricing appends with the journal',
  'reprice/read-again.ts': 'a stored span with decode and normalise, as when it came',
  'settle/charge-writer.ts': 'the calls of a request with the rows of their entries',
  'settle/kept-entry.ts': 'the calls of a request with the journal their entries go to',
  'settle/decide-trace.ts': 'the end of a request with journal, prices and rows, for keep-spans.ts',
  'settle/make-entries.ts': 'the entries of settle with their price',
};

/** Only these ask the questions of the package queries: verify, which totals of days hold. */
const ASKING: readonly string[] = ['api', 'budgets', 'day-totals', 'verify'];

const SRC = 'collector/src/';
const STAGES = Object.keys(ROAD);

interface Arrow {
  readonly at: string;
  /** The folder, or '' for the root of collector/src. */
  readonly from: string;
  readonly fromFile: string;
  readonly to: string;
  readonly toFile: string;
}

const folderOf = (file: string): string => (file.includes('/') ? file.split('/')[0]! : '');

function arrowsOfTheCollector(): Arrow[] {
  return [...readSources().values()]
    .filter(({ path }) => path.startsWith(SRC) && !isForTests(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ file }) => file?.startsWith(SRC))
        .map(({ file, line }) => ({ fromFile: path, toFile: file!, at: `${path}:${line}` })),
    )
    .map(({ at, fromFile, toFile }) => {
      const [source, target] = [fromFile.slice(SRC.length), toFile.slice(SRC.length)];
      const [from, to] = [folderOf(source), folderOf(target)];
      return { at, from, fromFile: source, to, toFile: target };
    })
    .filter(({ from, to }) => from !== to);
}

test('every folder of the collector is a stage of the road, or known to stand beside it', () => {
  const known = [...STAGES, ...BESIDE_THE_ROAD];
  const wrong = [...readSources().keys()]
    .filter((path) => path.startsWith(SRC))
    .map((path) => folderOf(path.slice(SRC.length)))
    .filter((folder) => folder !== '' && !known.includes(folder))
    .map((folder) => `${SRC}${folder}: give it its place in the tables of this test.`);
  expect([...new Set(wrong)]).toEqual([]);
});

test('a folder of the collector knows the root nouns and the nouns named here, no neighbour', () => {
  const wrong = arrowsOfTheCollector()
    .filter(({ from, to }) => from !== '' && to !== '')
    .filter(({ from, fromFile, toFile }) => !ROAD[from]?.includes(toFile) && !(fromFile in JOINERS))
    .map(({ at, from, toFile }) => {
      const mend = 'pass it in from collector.ts, or move the noun to the root of collector/src';
      return `${at}: ${from} imports ${toFile}; ${mend}.`;
    });
  expect(wrong).toEqual([]);
});

test('a root noun of the collector knows no folder; only joiners do', () => {
  const wrong = arrowsOfTheCollector()
    .filter(({ from, to, fromFile }) => from === '' && to !== '' && !(fromFile in JOINERS))
    .map(({ at, toFile }) => `${at}: imports ${toFile}; take it as an argument instead.`);
  expect(wrong).toEqual([]);
});

test('no folder imports a joiner', () => {
  const wrong = arrowsOfTheCollector()
    .filter(({ from, toFile }) => from !== '' && toFile in JOINERS)
    .map(({ at, toFile }) => `${at}: imports ${toFile}; take what you need as an argument.`);
  expect(wrong).toEqual([]);
});

test('nouns come from earlier stages, and every line of the tables is still needed', () => {
  const arrows = arrowsOfTheCollector();
  const wrong = [
    ...STAGES.flatMap((stage) =>
      ROAD[stage]!.flatMap((noun) => [
        ...(STAGES.indexOf(folderOf(noun)) < STAGES.indexOf(stage)
          ? []
          : [`${stage} takes ${noun}, which does not come before it.`]),
        ...(arrows.some(({ from, toFile }) => from === stage && toFile === noun)
          ? []
          : [`${stage} does not import ${noun} any more: remove it.`]),
      ]),
    ),
    ...Object.keys(JOINERS)
      .filter((file) => !arrows.some(({ fromFile, to }) => fromFile === file && to !== ''))
      .map((file) => `${file} joins nothing any more: remove it.`),
  ];
  expect(wrong).toEqual([]);
});

test('only the API and budgets ask the questions of the package queries', () => {
  const wrong = [...readSources().values()]
    .filter(({ path }) => path.startsWith(SRC) && !isForTests(path))
    .filter(({ path }) => !ASKING.includes(folderOf(path.slice(SRC.length))))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ file }) => file?.startsWith('queries/'))
        .map(({ line, specifier }) => `${path}:${line}: ${specifier}; ask over the HTTP API.`),
    );
  expect(wrong).toEqual([]);
});
