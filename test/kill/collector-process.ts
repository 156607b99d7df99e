/**
 * One real collector process on a data directory: started, watched through its log, killed by pid.
 * Invariant: nothing but this process and the engine it started is ever signalled, and `end` leaves neither behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../collector/src/main.ts', import.meta.url));
const LOG_LINES_KEPT = 60;

export interface CollectorOptions {
  readonly dataDir: string;
  readonly port: number;
  /** TZ of the collector's environment; undefined: as it is here. */
  readonly timeZone: string | undefined;
  /** Where ClickHouse is; undefined: the collector's own engine. */
  readonly clickhouseUrl: string | undefined;
  /** The JSON of AICOST_INIT_KEYS. */
  readonly initKeys: string;
  /** Of settle; if not given, so short that passes run all the time, also between the pieces of a scene. */
  readonly settleAfter?: string;
  /** Each parsed line of its log. */
  readonly onLog: (line: LogLine) => void;
}

/** A line of the collector's log, as far as the test reads it. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class CollectorProcess {
  /** Resolves with true once spans can be sent, with false when the process ended before. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<ProcessEnd>;
  readonly pid: number;
  private readonly options: CollectorOptions;
  private readonly child: ChildProcess;
  private readonly lastLines: string[] = [];
  private readonly enginePids = new Set<number>();
  private end_: ProcessEnd | undefined;

  constructor(options: CollectorOptions) {
    this.options = options;
    const { dataDir, port, timeZone, initKeys, clickhouseUrl } = options;
    const child = spawn(
      process.execPath,
      [MAIN, 'start', '--http', `127.0.0.1:${port}`, '--grpc', 'off', '--sql', 'off'],
      {
        // With the IPC channel the collector learns of it when the test itself is killed, and ends.
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: {
          ...withoutOptions(process.env),
          AICOST_DATA_DIR: dataDir,
          AICOST_INIT_KEYS: initKeys,
          AICOST_SETTLE_AFTER: options.settleAfter ?? '1s',
          ...(clickhouseUrl === undefined ? {} : { AICOST_CLICKHOUSE_URL: clickhouseUrl }),
          ...(timeZone === undefined ? {} : { TZ: timeZone }),
        },
      },
    );
    this.child = child;
    this.pid = child.pid ?? 0;
    const ready = Promise.withResolvers<boolean>();
    this.ready = ready.promise;
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.end_ = { code, signal };
        ready.resolve(false);
        resolve(this.end_);
      });
    });
    child.stdout!.resume();
    void this.watchFile().then(ready.resolve);
    readLines(child.stderr!, (line) => this.takeLog(line));
  }

  get end(): ProcessEnd | undefined {
    return this.end_;
  }

  /** The last lines of the log, for a report. */
  get tail(): string {
    return this.lastLines.join('\n');
  }

  /** The engine's process, found as the child of this one; undefined while there is none. */
  enginePid(): number | undefined {
    for (const pid of childrenOf(this.pid)) {
      if (commandLine(pid).includes(`${this.options.dataDir}/engine`)) {
        this.enginePids.add(pid);
        return pid;
      }
    }
    return undefined;
  }

  signal(name: NodeJS.Signals): void {
    this.enginePid();
    if (this.end_ === undefined) {
      this.child.kill(name);
    }
  }

  /** True when there was an engine to kill. */
  killEngine(): boolean {
    const pid = this.enginePid();
    return pid !== undefined && this.killPid(pid);
  }

  /** Ends what is left of this process and of engines it started. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
    this.killOrphans();
  }

  /** Engines outlive a killed collector for a moment; at the end of the test they must not. */
  killOrphans(): void {
    for (const pid of this.enginePids) {
      this.killPid(pid);
    }
  }

  /** The collector's file is written once it listens; one of an earlier process has another pid. */
  private async watchFile(): Promise<boolean> {
    while (this.end_ === undefined) {
      const text = readProc(`${this.options.dataDir}/collector.json`);
      if (text !== '' && (JSON.parse(text) as { pid: number }).pid === this.pid) {
        return true;
      }
      await sleep(25);
    }
    return false;
  }

  private killPid(pid: number): boolean {
    // A pid may have been given to another process since: only an engine on our directory is ours.
    if (!commandLine(pid).includes(`${this.options.dataDir}/engine`)) {
      return false;
    }
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ESRCH') {
        return false;
      }
      throw error;
    }
  }

  private takeLog(text: string): void {
    this.lastLines.push(text);
    if (this.lastLines.length > LOG_LINES_KEPT) {
      this.lastLines.shift();
    }
    if (text.startsWith('{')) {
      const line = JSON.parse(text) as LogLine;
      if (line.msg === 'engine ready' && typeof line['pid'] === 'number') {
        this.enginePids.add(line['pid']);
      }
      this.options.onLog(line);
    }
  }
}

function readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        take(line);
      }
    }
  });
}

/** Options of whoever runs the test must not reach the collector under test. */
function withoutOptions(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) =>
      !name.startsWith('AICOST_') && !name.startsWith('VITEST') && name !== 'NODE_OPTIONS',
  );
  return Object.fromEntries(kept);
}

/** TZ in the environment of a process; undefined where it cannot be read. */
export function timeZoneOf(pid: number | undefined): string | undefined {
  const environment = pid === undefined ? '' : readProc(`/proc/${pid}/environ`);
  return environment
    .split('\0')
    .find((entry) => entry.startsWith('TZ='))
    ?.slice(3);
}

/** A file that may not be there, or a process that is gone: then empty. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      return '';
    }
    throw error;
  }
}

function childrenOf(pid: number): number[] {
  const text = readProc(`/proc/${pid}/task/${pid}/children`);
  return text.split(' ').filter(Boolean).map(Number);
}

function commandLine(pid: number): string {
  return readProc(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}
