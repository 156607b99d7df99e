// `aicost import`, joined: files with their reader, and the way to a collector.
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findKey, openCollectorClient } from './cli/collector-client.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import { ImportTotals } from './cli/import-totals.ts';
import { ConfigError } from './config-error.ts';
import { FILE_FORMATS, type FileFormat, formatOf } from './import/file-record.ts';
import { readCsv } from './import/read-csv.ts';
import { readNdjson } from './import/read-ndjson.ts';
import { type RowBatch, rowBatches } from './import/row-batches.ts';
import type { ImportSource } from './import/source.ts';
import { SOURCE_NAMES, sourceNamed } from './import/sources.ts';
import { IMPORT_ANSWER, type ImportAnswer, shownCell } from './import-rows.ts';

const BATCH = { rowsMax: 1_000, charsMax: 4_000_000 };
const PROGRESS_ROWS = 20_000;
/** About ten minutes: a collector that restarts, or writes down what waits, is back by then. */
const TRIES_MAX = 40;
const WAIT_MS_MAX = 15_000;
const ANSWER_TIMEOUT_MS = 120_000;
/** Who is asked to wait longer has used up the quota of the day. */
const WORTH_WAITING_MS_MAX = 300_000;
const RETRYABLE: ReadonlySet<number> = new Set([429, 503, 504]);

/** Runs the command. @returns 0 when every row was taken, 1 when some were refused */
export async function runImport(input: CommandInput): Promise<number> {
  const { flags, io, json, positionals } = input;
  const source = sourceOf(flags.get('source') ?? 'aicost');
  const files = positionals.map((file) => ({ file, format: formatFor(file, flags.get('format')) }));
  const dryRun = flags.has('dry-run');
  const tenant = flags.get('tenant');
  const client = await openCollectorClient(input.config);
  const key = await findKey(input.config);
  const sender = new Sender({ url: client.url, key });
  const send = (rows: RowBatch['rows']) =>
    sender.post({ source: source.name, tenant, dry_run: dryRun, rows });
  const totals = new ImportTotals();
  for (const each of files) await importFile({ source, send, totals, input }, each);
  if (!json) io.writeError(totals.refusedText());
  io.write(json ? `${JSON.stringify(totals.toJson(dryRun))}\n` : totals.toText(dryRun));
  return totals.refusedRows === 0 ? 0 : 1;
}

function sourceOf(name: string): ImportSource {
  const source = sourceNamed(name);
  if (source !== undefined) return source;
  throw new ConfigError(
    `--source is ${JSON.stringify(name)}; expected one of ${SOURCE_NAMES.join(', ')}.`,
  );
}

function formatFor(file: string, given: string | undefined): FileFormat {
  const format = FILE_FORMATS.find((one) => one === given);
  if (given !== undefined && format === undefined) {
    throw new ConfigError(`--format is ${JSON.stringify(given)}; expected csv or ndjson.`);
  }
  const told = format ?? formatOf(file);
  if (told !== undefined) return told;
  throw new ConfigError(
    `${file} does not say what it is; expected a name that ends in .csv, .ndjson or .jsonl, or --format.`,
  );
}

interface Import {
  readonly source: ImportSource;
  readonly send: (rows: RowBatch['rows']) => Promise<ImportAnswer>;
  readonly totals: ImportTotals;
  readonly input: CommandInput;
}

async function importFile(
  { source, send, totals, input }: Import,
  { file, format }: { file: string; format: FileFormat },
): Promise<void> {
  const text = file === '-' ? input.io.input : createReadStream(file);
  const records = (format === 'csv' ? readCsv : readNdjson)(text.setEncoding('utf8'));
  let line = 0;
  let shown = totals.rows;
  try {
    for await (const { rows, faults } of rowBatches(source, records, BATCH)) {
      for (const { line: at, fault } of faults) {
        totals.rows++;
        totals.refuse(file, { line: at, ...fault, value: shownCell(fault.value) });
      }
      if (rows.length > 0) totals.add(file, await send(rows));
      line = rows.at(-1)?.line ?? line;
      if (totals.rows - shown < PROGRESS_ROWS) continue;
      shown = totals.rows;
      if (!input.json) input.io.writeError(`  … ${file}: ${totals.rows} rows, line ${line}\n`);
    }
  } catch (error) {
    throw ended(error, { file, line });
  }
}

/** What was taken stands, and the same command goes on from there. */
function ended(error: unknown, { file, line }: { file: string; line: number }): unknown {
  const isReadable =
    error instanceof CommandError ||
    error instanceof RangeError ||
    (error instanceof Error && 'code' in error && typeof error.code === 'string');
  if (!isReadable) return error;
  const stands =
    line === 0
      ? 'Nothing of it was taken.'
      : `What stands up to line ${line} was taken; the same command may be run again, nothing is billed twice.`;
  return new CommandError(`${file}: ${error.message.replace(/\.$/, '')}. ${stands}`, {
    cause: error,
  });
}

/** Sends until it is answered: a collector that is full, or away after it answered once, is asked again. */
class Sender {
  private readonly to: { readonly url: string; readonly key: string };
  private hasAnswered = false;

  constructor(to: { readonly url: string; readonly key: string }) {
    this.to = to;
  }

  /** @throws CommandError */
  async post(body: object): Promise<ImportAnswer> {
    const text = JSON.stringify(body);
    for (let tries = 1; ; tries++) {
      const answer = await postOnce(this.to, text);
      this.hasAnswered ||= 'answer' in answer;
      if ('answer' in answer) return answer.answer;
      const isWorthIt = answer.mayRetry && (this.hasAnswered || answer.isThere);
      if (tries >= TRIES_MAX || !isWorthIt) throw new CommandError(answer.detail);
      await sleep(Math.min(WAIT_MS_MAX, answer.waitMs ?? 500 * tries));
    }
  }
}

type Posted =
  | { readonly answer: ImportAnswer }
  | {
      readonly detail: string;
      readonly mayRetry: boolean;
      /** Whether something answered. */
      readonly isThere: boolean;
      readonly waitMs?: number;
    };

async function postOnce({ url, key }: { url: string; key: string }, body: string): Promise<Posted> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}/api/v1/admin/import`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    text = await response.text();
  } catch {
    return { detail: `no collector answers at ${url}`, mayRetry: true, isThere: false };
  }
  const value = parseJson(text);
  if (response.ok) return { answer: IMPORT_ANSWER.parse(value) };
  const waitSeconds = response.headers.get('retry-after');
  const waitMs = waitSeconds === null ? undefined : Number(waitSeconds) * 1_000;
  return {
    detail: `${url} answered ${response.status}: ${detailOf(value) ?? text.slice(0, 200)}`,
    mayRetry: RETRYABLE.has(response.status) && (waitMs ?? 0) <= WORTH_WAITING_MS_MAX,
    isThere: true,
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Something that is no collector may answer anything; the status is told either way.
    return undefined;
  }
}

function detailOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'detail' in value
    ? String(value.detail)
    : undefined;
}
