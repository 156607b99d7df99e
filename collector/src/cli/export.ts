// `aicost export`: asks the running collector for rows, and writes them to a file or to standard output.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { ConfigError } from '../config-error.ts';
import { askExport, type ExportAnswer } from './ask-export.ts';
import { findKey, openCollectorClient } from './collector-client.ts';
import { type Command, CommandError, type CommandInput } from './command.ts';
import { beginFile, continueFile, type PartialFile } from './partial-file.ts';

const DEFAULTS = { from: 'now-24h', to: 'now', format: 'ndjson' } as const;
const ASKED = ['from', 'to', 'format'] as const;
const PROGRESS_EVERY_MS = 1_000;

interface Summary {
  readonly file: string | null;
  readonly bytes: number;
  readonly rows: number | null;
  readonly sha256: string;
}

async function runExport(input: CommandInput): Promise<number> {
  const { config, flags, json, io } = input;
  const file = flags.get('output');
  if (file === undefined && json) {
    throw new ConfigError('--json is about the file; expected --output <file> beside it.');
  }
  const client = await openCollectorClient(config);
  const to = { url: client.url, key: await findKey(config) };
  const ask = (path: string) => askExport(to, path);
  const summary =
    file === undefined ? await exportToOutput(input, ask) : await exportToFile(input, file, ask);
  const rows = summary.rows === null ? '' : `${summary.rows} rows, `;
  if (json) io.write(`${JSON.stringify(summary)}\n`);
  else io.writeError(`${rows}${summary.bytes} bytes, sha256 ${summary.sha256}\n`);
  return 0;
}

type Ask = (path: string) => Promise<ExportAnswer>;

function pathOf({ positionals, flags }: CommandInput): string {
  const query = new URLSearchParams(DEFAULTS);
  for (const name of ASKED) {
    const value = flags.get(name);
    if (value !== undefined) query.set(name, value);
  }
  for (const [dimension, value] of new URLSearchParams(flags.get('filter') ?? '')) {
    query.append(dimension, value);
  }
  return `/api/v1/export/${encodeURIComponent(positionals[0] ?? '')}?${query}`;
}

async function exportToOutput(input: CommandInput, ask: Ask): Promise<Summary> {
  const { flags, io } = input;
  if (flags.has('resume') || io.output === undefined) {
    throw new ConfigError('--resume goes on with a file; expected --output <file> beside it.');
  }
  const answer = await ask(pathOf(input));
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of answer.body) {
    hash.update(chunk);
    bytes += chunk.length;
    await writeOut(io.output, chunk);
  }
  const { sha256, rows } = answer.trailers();
  if (hash.digest('hex') !== sha256) throw new CommandError('What came is not what was sent.');
  return { file: null, bytes, rows, sha256 };
}

async function writeOut(output: Writable, chunk: Buffer): Promise<void> {
  if (!output.write(chunk)) await once(output, 'drain');
}

async function exportToFile(input: CommandInput, file: string, ask: Ask): Promise<Summary> {
  const { path, partial, isResumed } = await openFile(input, file);
  try {
    const answer = await ask(path);
    const { resumeToken } = answer;
    if (!isResumed) {
      await partial.noteState(resumeToken === null ? null : { path, token: resumeToken });
    }
    await copy(input, answer, { partial, file });
    const { sha256, rows } = answer.trailers();
    await partial.finish(sha256);
    return { file, bytes: partial.bytes(), rows, sha256 };
  } finally {
    await partial.close();
  }
}

async function openFile(input: CommandInput, file: string) {
  const { flags } = input;
  if (!flags.has('resume')) {
    return { path: pathOf(input), partial: await beginFile(file), isResumed: false };
  }
  const given = [...ASKED, 'filter'].find((flag) => flags.has(flag));
  if (given !== undefined) {
    throw new ConfigError(`--resume goes on with what was asked; expected it without --${given}.`);
  }
  const { state, partial } = await continueFile(file);
  const resume = new URLSearchParams({
    resume: state.token,
    offset_bytes: String(partial.bytes()),
  });
  return { path: `${state.path}&${resume}`, partial, isResumed: true };
}

async function copy(
  { io, json }: CommandInput,
  { body, resumeToken }: ExportAnswer,
  { partial, file }: { readonly partial: PartialFile; readonly file: string },
): Promise<void> {
  let shownMs = io.now().getTime();
  try {
    for await (const chunk of body) {
      await partial.write(chunk);
      const nowMs = io.now().getTime();
      if (!json && nowMs - shownMs >= PROGRESS_EVERY_MS) {
        shownMs = nowMs;
        io.writeError(`  … ${(partial.bytes() / 1e6).toFixed(1)} MB\n`);
      }
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const how = resumeToken === null ? 'start it again' : 'go on with --resume';
    const there = `${partial.bytes()} bytes are in ${file}.partial; ${how}.`;
    throw new CommandError(`${error.message} ${there}`, { cause: error });
  }
}

export const EXPORT_COMMAND: Command = {
  name: 'export',
  sentence: 'Write spans, ledger, costs or FOCUS rows of a range to a file or standard output.',
  takes: 'client',
  flags: [
    {
      flag: 'from',
      value: 'time',
      sentence: `RFC 3339, now, or now-<n>[mhdw] (default ${DEFAULTS.from})`,
    },
    { flag: 'to', value: 'time', sentence: `The end, not included (default ${DEFAULTS.to})` },
    {
      flag: 'format',
      value: 'name',
      sentence: `csv, ndjson or parquet (default ${DEFAULTS.format})`,
    },
    {
      flag: 'filter',
      value: 'pairs',
      sentence: 'Only calls with these values, as in a URL: "model=gpt-4o&feature=search".',
    },
    {
      flag: 'output',
      value: 'file',
      sentence:
        'Where to write; it is <file>.partial until it is whole (default: standard output).',
    },
    {
      flag: 'resume',
      value: null,
      sentence: 'Go on with an --output that was cut off; not of parquet and costs.',
    },
  ],
  positionals: ['spans|ledger|costs|focus'],
  run: runExport,
};
