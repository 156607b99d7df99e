// `aicost import`, joined: files with their reader, and the way to a collector.
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findKey, openCollectorClient } from './cli/collector-client.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import { ImportSender } from './cli/import-sender.ts';
import { ImportTotals } from './cli/import-totals.ts';
import { ConfigError } from './config-error.ts';
import { FILE_FORMATS, type FileFormat, formatOf } from './import/file-record.ts';
import { readCsv } from './import/read-csv.ts';
import { readNdjson } from './import/read-ndjson.ts';
import { type RowBatch, rowBatches, rowsByTenant } from './import/row-batches.ts';
import type { ImportSource } from './import/source.ts';
import { SOURCE_NAMES, sourceNamed } from './import/sources.ts';
import { utf8Text } from './import/utf8-text.ts';
import { type ImportAnswer, shownCell } from './import-rows.ts';

const BATCH = { rowsMax: 1_000, charsMax: 4_000_000 };
const PROGRESS_ROWS = 20_000;

/** Runs the command. @returns 0 when every row was taken, 1 when some were refused */
export async function runImport(input: CommandInput): Promise<number> {
  const { flags, io, json, positionals } = input;
  const source = sourceOf(flags.get('source') ?? 'aicost');
  const files = positionals.map((file) => ({ file, format: formatFor(file, flags.get('format')) }));
  const dryRun = flags.has('dry-run');
  const tenant = flags.get('tenant');
  const client = await openCollectorClient(input.config);
  const key = await findKey(input.config);
  const sender = new ImportSender({
    ...{ url: client.url, key, fetch, sleep },
    nowMs: () => performance.now(),
  });
  const send = (rows: RowBatch['rows']) =>
    sender.post({ source: source.name, tenant, dry_run: dryRun, rows });
  const parts = (rows: RowBatch['rows']) =>
    rows.length === 0 ? [] : tenant === undefined ? rowsByTenant(source, rows) : [rows];
  const totals = new ImportTotals();
  let isWhole = false;
  try {
    for (const each of files) await importFile({ source, send, parts, totals, input }, each);
    isWhole = true;
  } finally {
    // What came before the end of an import that was cut off stands, and was refused, all the same.
    if (isWhole || totals.rows > 0) {
      if (!json) io.writeError(totals.refusedText());
      io.write(json ? `${JSON.stringify(totals.toJson(dryRun))}\n` : totals.toText(dryRun));
    }
  }
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
  /** Rows that go in requests of their own. */
  readonly parts: (rows: RowBatch['rows']) => readonly RowBatch['rows'][];
  readonly totals: ImportTotals;
  readonly input: CommandInput;
}

async function importFile(
  { source, send, parts, totals, input }: Import,
  { file, format }: { file: string; format: FileFormat },
): Promise<void> {
  const text = file === '-' ? input.io.input : createReadStream(file);
  const records = (format === 'csv' ? readCsv : readNdjson)(utf8Text(text));
  let line = 0;
  let sentLine = 0;
  let shown = totals.rows;
  try {
    for await (const { rows, faults } of rowBatches(source, records, BATCH)) {
      for (const { line: at, fault } of faults) {
        totals.rows++;
        totals.refuse(file, { line: at, ...fault, value: shownCell(fault.value) });
      }
      sentLine = rows.at(-1)?.line ?? sentLine;
      for (const part of parts(rows)) totals.add(file, await send(part));
      line = sentLine;
      if (totals.rows - shown < PROGRESS_ROWS) continue;
      shown = totals.rows;
      if (!input.json) input.io.writeError(`  … ${file}: ${totals.rows} rows, line ${line}\n`);
    }
  } catch (error) {
    throw ended(error, { file, line, sentLine });
  }
}

interface Reached {
  readonly file: string;
  /** The last one that was answered for, and the last one that was sent; 0: none. */
  readonly line: number;
  readonly sentLine: number;
}

/** What was taken stands, and the same command goes on from there. */
function ended(error: unknown, { file, line, sentLine }: Reached): unknown {
  const isReadable =
    error instanceof CommandError ||
    error instanceof RangeError ||
    (error instanceof Error && 'code' in error && typeof error.code === 'string');
  if (!isReadable) return error;
  const stands = [
    ...(line > 0 ? [`What stands up to line ${line} was taken.`] : []),
    // Its rows go to one tenant after the other, and the answer may have been lost.
    ...(sentLine > line
      ? [`Of what stands up to line ${sentLine}, some may have been taken.`]
      : []),
  ];
  const again = 'The same command may be run again: nothing is billed twice.';
  const sentences = stands.length === 0 ? ['Nothing of it was taken.'] : [...stands, again];
  return new CommandError(`${file}: ${error.message.replace(/\.$/, '')}. ${sentences.join(' ')}`, {
    cause: error,
  });
}
