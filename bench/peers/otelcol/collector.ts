/** The OpenTelemetry Collector as a process, with its queue in a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../wait.ts';

const CONFIG = join(import.meta.dirname, 'config.yaml');

export class OtelCollector {
  readonly url: string;
  private readonly child: ChildProcess;
  private readonly directory: string;
  private text = '';

  private constructor(program: string, port: number, sinkPort: number) {
    this.url = `http://127.0.0.1:${port}`;
    this.directory = mkdtempSync(join(tmpdir(), 'aicost-otelcol-'));
    this.child = spawn(program, ['--config', CONFIG], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/bin:/bin',
        PEER_PORT: String(port),
        PEER_DIRECTORY: join(this.directory, 'queue'),
        SINK_PORT: String(sinkPort),
      },
    });
    process.once('exit', () => this.child.kill('SIGKILL'));
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.text = (this.text + text).slice(-20_000);
      });
    }
  }

  static async start(program: string, sinkPort: number): Promise<OtelCollector> {
    const collector = new OtelCollector(program, await freePort(), sinkPort);
    await until('the OpenTelemetry Collector takes spans', async () => {
      if (collector.child.exitCode !== null) throw new Error(collector.text);
      const answer = await fetch(`${collector.url}/v1/traces`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      }).catch(() => undefined);
      return answer?.ok === true;
    });
    return collector;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** What it wrote: warnings and errors. */
  get output(): string {
    return this.text;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Its configuration cannot ask for any free port. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
