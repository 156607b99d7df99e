/**
 * Runs a source as its page in docs/send says, on a machine that reaches nothing but itself, and keeps what it sent.
 * The variables are read out of the page and given unchanged, so that a recording also shows that they work.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces, release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readShell, type Variables } from '../send/environment-sender.ts';
import { listSendPages, ROOT, type SendPage } from '../send/send-page.ts';
import { withKey } from '../send/sender.ts';
import { type PresetSink, type RecordedSignal, startPresetSink } from './preset-sink.ts';

/** The form of a key, and no key. */
export const RECORDER_KEY = 'aicost_recorder_0000000000000000000000000000000000000000';
const LIMIT_MS = 180_000;
const TEXT_LENGTH_MAX = 1_000;
const TEXT_LENGTH_KEPT = 100;

export interface Source {
  /** The page's name. */
  readonly page: string;
  /** What of the page is followed: its first block of variables unless told, or a file. */
  readonly by?: 'variables' | 'file';
  readonly emitter: string;
  readonly version: string;
}

export interface Run {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside the page's: where the provider is, and what a shell has. */
  readonly env: Variables;
}

/** A folder of its own for each source: its home and where it runs. */
export interface Place {
  readonly home: string;
  readonly cwd: string;
}

/**
 * Runs it once in a fresh home and hands over what it sent, without a word of this machine.
 * @throws Error for a machine that reaches more than itself, or a command that fails
 */
export async function recordPage(
  source: Source,
  runIn: (place: Place) => Run | Promise<Run>,
): Promise<(signal: RecordedSignal) => string> {
  assertLoopbackAlone();
  const home = mkdtempSync(join(tmpdir(), 'aicost-record-'));
  const place = { home, cwd: join(home, 'project') };
  mkdirSync(place.cwd);
  const sink = await startPresetSink(RECORDER_KEY);
  try {
    await run(await runIn(place), { place, variables: variablesOf(source) });
    process.stdout.write(`${source.page} sent ${sink.summary()}\n`);
    return (signal) => requestOf(sink, signal, home);
  } finally {
    await sink.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function assertLoopbackAlone(): void {
  const others = Object.entries(networkInterfaces()).filter(([, addresses]) =>
    addresses?.some(({ internal }) => !internal),
  );
  if (others.length === 0) return;
  const how = "unshare --map-root-user --net sh -c 'ip link set lo up && node record.ts'";
  throw new Error(`Recorded on loopback alone, but there is ${others[0]![0]}: ${how}`);
}

export function pageOf({ page }: Pick<Source, 'page'>): SendPage {
  const found = listSendPages().find(({ name }) => name === page);
  if (found === undefined) throw new Error(`docs/send has no ${page}.md`);
  return found;
}

/** The page's variables, with a key in place of its mark. A file has the key's own variable beside it. */
function variablesOf(source: Source): Variables {
  if (source.by === 'file') return { AICOST_KEY: RECORDER_KEY };
  const first = pageOf(source)
    .blocks.filter(({ language }) => language === 'sh')
    .map(({ text }) => readShell(text))
    .find((one) => Object.keys(one).length > 0);
  return Object.fromEntries(
    Object.entries(first ?? {}).map(([name, value]) => [
      name,
      name.endsWith('_HEADERS') ? withKey(value, RECORDER_KEY) : value,
    ]),
  );
}

function run(
  { command, args, env }: Run,
  { place, variables }: { place: Place; variables: Variables },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: place.cwd,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: place.home, ...variables, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${code}: ${output.slice(-4000)}`));
    });
  });
}

function requestOf(sink: PresetSink, signal: RecordedSignal, home: string): string {
  const request = sink.request(signal);
  if (request === undefined) throw new Error(`it sent no ${signal}: ${sink.summary()}`);
  const text = JSON.stringify(request, shortened, 1);
  return [
    [home, '/home'],
    [`"${hostname()}"`, '"host"'],
    [release(), '6.1.0'],
    [process.execPath, '/usr/bin/node'],
    [ROOT, '/repository/'],
  ].reduce((scrubbed, [own, neutral]) => scrubbed.replaceAll(own!, neutral!), text);
}

/** Instructions and tools of an agent are pages long: of a text only its beginning is kept. */
function shortened(_key: string, value: unknown): unknown {
  const isLong = typeof value === 'string' && value.length > TEXT_LENGTH_MAX;
  return isLong ? `${value.slice(0, TEXT_LENGTH_KEPT)}…` : value;
}

/** A golden request of normalise, to which the golden test adds the calls. */
export function keepSpans(name: string, { emitter, version }: Source, request: string): void {
  const path = `${ROOT}collector/src/normalise/fixtures/${name}`;
  const golden = { origin: { kind: 'recorded', emitter, version }, calls: [] };
  write(`${path}.otlp.json`, request);
  write(`${path}.call.json`, JSON.stringify(golden, undefined, 2));
}

/** Log events, with where they are from beside them. */
export function keepLogs(name: string, { emitter, version }: Source, request: string): void {
  const path = `${ROOT}test/send/fixtures/${name}`;
  const origin = { origin: { kind: 'recorded', emitter, version } };
  write(`${path}.json`, request);
  write(`${path}.origin.json`, JSON.stringify(origin, undefined, 2));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}\n`);
}
