/** A real collector process on a temporary data directory, for the end-to-end tests. Ended by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { putMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import collectorEnv from '../scripts/collector-env.json' with { type: 'json' };

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const READY_WITHIN_MS = 60_000;
/** On a busy machine the engine gives way to all others. */
const STORED_WITHIN_MS = 120_000;

export interface StartedCollector {
  readonly url: string;
  readonly sqlUrl: string;
  /** `host:port`, as gRPC clients take it. */
  readonly grpcTarget: string;
  readonly dataDir: string;
  /** The operator key of tenant `default`. */
  readonly key: string;
  readonly pid: number;
  /** Everything it wrote so far, standard output and log. */
  output(): string;
  /** GET with the key; the parsed body. */
  getJson(path: string): Promise<{ status: number; body: unknown }>;
  /** A query through --sql, as text. */
  sql(query: string): Promise<string>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGTERM, and another process on its data directory with the same flags. Rejects if it did not end well. */
  restart(): Promise<StartedCollector>;
}

/** Starts it on free ports with its tables made, and waits until it is ready. Rejects with what it wrote if it ends. */
export async function startCollector(flags: readonly string[] = []): Promise<StartedCollector> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aicost-e2e-'));
  await putMigratedEngine(join(dataDir, 'engine'));
  return startIn(dataDir, flags);
}

/** As a person starts it for the first time: it makes everything it needs. */
export function startFirstCollector(): Promise<StartedCollector> {
  return startIn(mkdtempSync(join(tmpdir(), 'aicost-e2e-')), []);
}

/** On a data directory that is there, such as a restored one; it is removed at the end as any other. */
export async function startIn(
  dataDir: string,
  flags: readonly string[],
): Promise<StartedCollector> {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      'start',
      '--data-dir',
      dataDir,
      '--http',
      '127.0.0.1:0',
      '--grpc',
      '127.0.0.1:0',
      '--sql',
      '127.0.0.1:0',
      ...flags,
    ],
    // With the environment that the launcher gives a collector.
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, ...collectorEnv } },
  );
  const written = collect(child);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await ready(written, ended);
  const url = place(written(), 'Page')!.replace(/\/$/, '');
  const sqlUrl = place(written(), 'SQL')!;
  const grpcTarget = place(written(), 'gRPC')!.replace(/^https?:\/\//, '');
  const key = readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();
  const end = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return {
    url,
    sqlUrl,
    grpcTarget,
    dataDir,
    key,
    pid: child.pid!,
    output: written,
    async getJson(path) {
      const response = await fetch(url + path, { headers: { 'x-api-key': key } });
      return { status: response.status, body: await response.json() };
    },
    async sql(query) {
      const init = { method: 'POST', body: query, headers: { 'x-api-key': key } };
      return (await (await fetch(sqlUrl, init)).text()).trim();
    },
    async stop() {
      const code = await end();
      rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
    async restart() {
      const code = await end();
      if (code !== 0) throw new Error(`the collector ended with ${code}:\n${written()}`);
      return startIn(dataDir, flags);
    },
  };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

function place(text: string, name: string): string | undefined {
  return new RegExp(`^ *${name}: +(\\S+)`, 'm').exec(text)?.[1];
}

async function ready(written: () => string, ended: Promise<number | null>): Promise<void> {
  let code: number | null | undefined;
  void ended.then((ending) => {
    code = ending;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (place(written(), 'Data') === undefined) {
    if (code !== undefined || Date.now() > deadline) {
      throw new Error(`the collector did not get ready (exit code ${code}):\n${written()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks again until the answer satisfies, for what becomes visible a moment later. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  withinMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isGood(answer) || Date.now() > deadline) {
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Resolves once every table holds all that was acknowledged. A batch becomes visible table by table, in an order that
 * each database has by chance (views of one table run in the order of their UUIDs): what a rollup shows already, the
 * ledger may not, and the other way round. Rejects when it does not come to that.
 */
export async function stored({ url }: Pick<StartedCollector, 'url'>): Promise<void> {
  const waiting = await eventually(
    async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return /^aicost_journal_bytes (\S+)$/m.exec(text)?.[1];
    },
    (bytes) => bytes === '0',
    STORED_WITHIN_MS,
  );
  if (waiting !== '0') throw new Error(`${waiting} bytes still wait in the journal`);
}
