// The one table of options: what each is called on the command line and in the environment, how its text
// is read, what it is when nothing is said. The reader, `--help`, `.env.example` and docs/reference/options.md
// all come from here, so none of them can disagree with another.
import type { z } from 'zod';
import {
  addressOrOffSchema,
  addressSchema,
  bytesSchema,
  countSchema,
  databaseSchema,
  durationSchema,
  oneOfSchema,
  positiveDurationSchema,
  switchSchema,
  textValueSchema,
  urlSchema,
} from './option-values.ts';

export interface OptionSpec<T, D extends string | null = string | null> {
  /** Name after `--`; null where the value must not stand on a command line. */
  readonly flag: string | null;
  /** Environment variable; null where there is none. */
  readonly env: string | null;
  readonly schema: z.ZodType<T, string>;
  /** The text that is read when nothing is said; null means unset, and the value is then null. */
  readonly byDefault: D;
  /** What a right value looks like, as the end of "expected …". */
  readonly expected: string;
  /** One sentence for `--help` and the reference. */
  readonly sentence: string;
  /** Who takes it: `client` tells a subcommand how to reach a collector; absent, it configures one. */
  readonly section?: 'client' | 'both';
  /** A subcommand that may have to open a data directory itself takes it too. */
  readonly opensData?: true;
  /** A secret is never repeated in a message. */
  readonly secret?: true;
  /** The option is accepted, but nothing acts on it yet: the start says so once. */
  readonly notBuiltYet?: true;
}

const option = <T, D extends string | null>(spec: OptionSpec<T, D>): OptionSpec<T, D> => spec;

const DURATION = 'a duration with its unit, such as 500ms, 120s, 5m, 24h or 30d';
const SIZE = 'a size such as 10GB, 64MiB, or a number of bytes';
const ADDRESS = 'host:port, such as 127.0.0.1:4318 or [::1]:4318';

export const OPTIONS = {
  dataDir: option({
    flag: 'data-dir',
    env: 'AICOST_DATA_DIR',
    schema: textValueSchema,
    byDefault: '.aicost',
    expected: 'a directory',
    sentence: 'Directory of the journal, the embedded engine, the keys and the control copy.',
    section: 'both',
  }),
  http: option({
    flag: 'http',
    env: 'AICOST_HTTP',
    schema: addressSchema,
    byDefault: '127.0.0.1:4318',
    expected: ADDRESS,
    sentence: 'Where OTLP over HTTP, the API, health, metrics and the page listen.',
  }),
  grpc: option({
    flag: 'grpc',
    env: 'AICOST_GRPC',
    schema: addressOrOffSchema,
    byDefault: '127.0.0.1:4317',
    expected: 'host:port, such as 127.0.0.1:4317, or off',
    sentence: 'Where OTLP over gRPC listens.',
    notBuiltYet: true,
  }),
  sql: option({
    flag: 'sql',
    env: 'AICOST_SQL',
    schema: addressOrOffSchema,
    byDefault: '127.0.0.1:8123',
    expected: 'host:port, such as 127.0.0.1:8123, or off',
    sentence:
      "Where the embedded engine speaks ClickHouse's HTTP protocol to the operator; needs an operator key.",
  }),
  tlsCert: option({
    flag: 'tls-cert',
    env: 'AICOST_TLS_CERT',
    schema: textValueSchema,
    byDefault: null,
    expected: 'a PEM file',
    sentence: 'Certificate chain for the listeners; needs --tls-key.',
    notBuiltYet: true,
  }),
  tlsKey: option({
    flag: 'tls-key',
    env: 'AICOST_TLS_KEY',
    schema: textValueSchema,
    byDefault: null,
    expected: 'a PEM file',
    sentence: 'File with the private key of --tls-cert.',
    notBuiltYet: true,
  }),
  clickhouseUrl: option({
    flag: 'clickhouse-url',
    env: 'AICOST_CLICKHOUSE_URL',
    schema: urlSchema,
    byDefault: null,
    expected: 'an http or https address, such as http://127.0.0.1:8123',
    sentence: 'A ClickHouse server to store into; unset, the embedded engine is used.',
    opensData: true,
  }),
  clickhouseCluster: option({
    flag: 'clickhouse-cluster',
    env: 'AICOST_CLICKHOUSE_CLUSTER',
    schema: databaseSchema,
    byDefault: null,
    expected: 'the name of a cluster of the ClickHouse server',
    sentence: 'Cluster the tables are made on; needs --clickhouse-url.',
    opensData: true,
    notBuiltYet: true,
  }),
  database: option({
    flag: 'database',
    env: 'AICOST_DATABASE',
    schema: databaseSchema,
    byDefault: 'aicost',
    expected: 'a name of letters, digits and underscores',
    sentence: 'ClickHouse database that holds the tables.',
    opensData: true,
  }),
  initKeysFile: option({
    flag: 'init-keys-file',
    env: null,
    schema: textValueSchema,
    byDefault: null,
    expected: 'a JSON file of [{"tenant","scopes","key"}]',
    sentence: 'File of keys to make at the start if they are missing.',
  }),
  initKeys: option({
    flag: null,
    env: 'AICOST_INIT_KEYS',
    schema: textValueSchema,
    byDefault: null,
    expected: 'JSON of [{"tenant","scopes","key"}]',
    sentence: 'The same as --init-keys-file, as JSON in the variable itself.',
    secret: true,
  }),
  settle: option({
    flag: 'settle',
    env: 'AICOST_SETTLE',
    schema: switchSchema,
    byDefault: 'on',
    expected: 'on or off',
    sentence: 'Whether this collector settles finished groups of traces.',
  }),
  settleAfterMs: option({
    flag: 'settle-after',
    env: 'AICOST_SETTLE_AFTER',
    schema: durationSchema,
    byDefault: '120s',
    expected: DURATION,
    sentence: 'How long a group of traces must be idle before it is settled.',
  }),
  content: option({
    flag: 'content',
    env: 'AICOST_CONTENT',
    schema: switchSchema,
    byDefault: 'off',
    expected: 'on or off',
    sentence: 'Whether prompts, answers and other content are stored; off keeps their size only.',
  }),
  spans: option({
    flag: 'spans',
    env: 'AICOST_SPANS',
    schema: oneOfSchema(['all', 'llm']),
    byDefault: 'all',
    expected: 'all or llm',
    sentence: 'Which spans are stored: all, or only the traces that hold an LLM call.',
    notBuiltYet: true,
  }),
  dedupeSpans: option({
    flag: 'dedupe-spans',
    env: 'AICOST_DEDUPE_SPANS',
    schema: countSchema,
    byDefault: '10000000',
    expected: 'a number of spans of at least 1, such as 10000000 or 10M',
    sentence: 'How many of the newest spans are remembered so that a resend is dropped.',
    opensData: true,
  }),
  retentionSpansMs: option({
    flag: 'retention-spans',
    env: 'AICOST_RETENTION_SPANS',
    schema: positiveDurationSchema,
    byDefault: null,
    expected: DURATION,
    sentence: 'Age at which spans expire; unset, they never do.',
    notBuiltYet: true,
  }),
  retentionContentMs: option({
    flag: 'retention-content',
    env: 'AICOST_RETENTION_CONTENT',
    schema: positiveDurationSchema,
    byDefault: null,
    expected: DURATION,
    sentence: 'Age at which stored content expires; unset, it never does.',
    notBuiltYet: true,
  }),
  retentionLedgerMs: option({
    flag: 'retention-ledger',
    env: 'AICOST_RETENTION_LEDGER',
    schema: positiveDurationSchema,
    byDefault: null,
    expected: DURATION,
    sentence: 'Age at which ledger entries expire; unset, they never do.',
    notBuiltYet: true,
  }),
  journalBytesMax: option({
    flag: 'journal-bytes-max',
    env: 'AICOST_JOURNAL_BYTES_MAX',
    schema: bytesSchema,
    byDefault: '10GB',
    expected: SIZE,
    sentence: 'Size of the journal at which new spans are answered with 503 until it shrinks.',
    opensData: true,
  }),
  requestBytesMax: option({
    flag: 'request-bytes-max',
    env: 'AICOST_REQUEST_BYTES_MAX',
    schema: bytesSchema,
    byDefault: '64MiB',
    expected: SIZE,
    sentence: 'Largest OTLP request, counted before and again after decompression; above it, 413.',
  }),
  drainTimeoutMs: option({
    flag: 'drain-timeout',
    env: 'AICOST_DRAIN_TIMEOUT',
    schema: durationSchema,
    byDefault: '10s',
    expected: DURATION,
    sentence: 'How long SIGTERM or SIGINT lets running requests and writes finish.',
  }),
  logLevel: option({
    flag: 'log-level',
    env: 'AICOST_LOG_LEVEL',
    schema: oneOfSchema(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    byDefault: 'info',
    expected: 'trace, debug, info, warn, error, fatal or silent',
    sentence: 'The least severe log line that is written.',
    section: 'both',
  }),
  url: option({
    flag: 'url',
    env: 'AICOST_URL',
    schema: urlSchema,
    byDefault: null,
    expected: 'an http or https address, such as http://127.0.0.1:4318',
    sentence: 'The collector to ask; unset, the one that runs on --data-dir.',
    section: 'client',
  }),
  keyFile: option({
    flag: 'key-file',
    env: 'AICOST_KEY_FILE',
    schema: textValueSchema,
    byDefault: null,
    expected: 'a file that holds one key',
    sentence: 'File with the key a subcommand sends; unset, admin.key of --data-dir.',
    section: 'client',
  }),
  key: option({
    flag: null,
    env: 'AICOST_KEY',
    schema: textValueSchema,
    byDefault: null,
    expected: 'a key, aicost_<id>_<secret>',
    sentence: 'The key a subcommand sends; a key is never taken from a command line.',
    section: 'client',
    secret: true,
  }),
};

export type OptionName = keyof typeof OPTIONS;
