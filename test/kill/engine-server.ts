/**
 * The engine as a ClickHouse server of its own, in a time zone of its own: what `--clickhouse-url` leads to. The
 * collector's own engine is always in UTC; a server is in whatever zone its machine is.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { engineThreadPoolSize } from '@ai-cost-profiler/clickhouse/engine/engine-options.ts';

const ENGINE_MAIN = fileURLToPath(new URL('../../clickhouse/src/engine/main.ts', import.meta.url));
const READERS = 4;

export class EngineServer {
  readonly url: string;
  private readonly dataDir: string;
  private readonly port: number;
  private readonly timeZone: string;
  private child: ChildProcess | undefined;

  /** `dataDir`: the engine's own directory, which the collector's engine may have used before. */
  constructor(dataDir: string, port: number, timeZone: string) {
    this.dataDir = dataDir;
    this.port = port;
    this.timeZone = timeZone;
    this.url = `http://127.0.0.1:${port}`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    const listen = { kind: 'tcp', host: '127.0.0.1', port: this.port };
    const options = { dataDir: this.dataDir, listen, readers: READERS, parentPid: process.pid };
    this.child = spawn(process.execPath, [ENGINE_MAIN, JSON.stringify(options)], {
      // Its standard input ends with this process, and it with that.
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {
        PATH: '/usr/bin:/bin',
        TZ: this.timeZone,
        UV_THREADPOOL_SIZE: String(engineThreadPoolSize(READERS)),
      },
    });
  }

  /** SIGKILL, and gone when it resolves. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  }
}
