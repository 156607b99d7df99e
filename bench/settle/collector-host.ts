/** A collector of its own process for a benchmark: started, asked, measured by its CPU, and ended by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../collector/src/main.ts', import.meta.url));
const CLOCK_TICKS_PER_S = 100;

/** CPU seconds and resident bytes of both processes, as the system counts them. */
export interface Usage {
  readonly collectorS: number;
  readonly engineS: number;
  readonly collectorBytes: number;
  readonly engineBytes: number;
}

export class CollectorHost {
  readonly tenantKeys: Readonly<Record<string, string>>;
  private readonly directory: string;
  private readonly child: ChildProcess;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 });
  private output = '';
  private url = '';
  private sqlUrl = '';
  private enginePid = 0;

  /** `tenants` may send and be read. `nodeFlags`: such as --cpu-prof. */
  constructor(
    tenants: readonly string[],
    flags: readonly string[],
    nodeFlags: readonly string[] = [],
  ) {
    this.directory = mkdtempSync(join(tmpdir(), 'aicost-bench-'));
    this.tenantKeys = Object.fromEntries(
      tenants.map((tenant, n) => [tenant, `aicost_bench${n}_${'k'.repeat(42)}${n}`]),
    );
    const keys = tenants.map((tenant) => ({
      ...{ tenant, scopes: ['ingest', 'read', 'admin'], key: this.tenantKeys[tenant] },
    }));
    mkdirSync(this.directory, { recursive: true });
    const keysFile = join(this.directory, 'keys.json');
    writeFileSync(keysFile, JSON.stringify(keys));
    const places = ['--data-dir', join(this.directory, 'data'), '--init-keys-file', keysFile];
    const listeners = ['--http', '127.0.0.1:0', '--sql', '127.0.0.1:0', '--grpc', 'off'];
    const args = [...nodeFlags, MAIN, 'start', ...places, ...listeners, ...flags];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    // Whatever ends the benchmark ends its collector.
    process.once('exit', () => this.child.kill('SIGKILL'));
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-200_000);
      });
    }
  }

  /** Resolves once spans can be taken. Rejects with what the collector wrote when it ends before. */
  async ready(): Promise<void> {
    const place = (name: string) => new RegExp(`^ *${name}: +(\\S+)`, 'm').exec(this.output)?.[1];
    while (place('Data') === undefined) {
      if (this.child.exitCode !== null) throw new Error(this.output);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.url = place('Page')!.replace(/\/$/, '');
    this.sqlUrl = place('SQL')!;
    this.enginePid = childOf(this.child.pid!);
  }

  /** Posts a request of spans; resolves with the milliseconds until its answer. Rejects unless it was taken. */
  async send(tenant: string, body: Buffer): Promise<number> {
    const startedMs = performance.now();
    await this.post(`${this.url}/v1/traces`, {
      ...{ key: this.tenantKeys[tenant]!, body, type: 'application/x-protobuf' },
    });
    return performance.now() - startedMs;
  }

  /** One column of one row. */
  async sql(query: string): Promise<string> {
    return (await this.post(this.sqlUrl, { key: this.operatorKey(), body: query })).trim();
  }

  /** Settles everything, idle or not; resolves with the last line of its progress. */
  async settle(): Promise<Record<string, unknown>> {
    const key = this.operatorKey();
    const lines = (await this.post(`${this.url}/api/v1/admin/settle`, { key, body: '' })).trim();
    return JSON.parse(lines.split('\n').at(-1)!) as Record<string, unknown>;
  }

  /** Resolves once that many spans are in the table. */
  async untilStored(spans: number): Promise<void> {
    while (Number(await this.sql('SELECT count() FROM aicost.spans')) < spans) {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  usage(): Usage {
    const [collector, engine] = [this.child.pid!, this.enginePid].map(usageOf);
    return {
      ...{ collectorS: collector!.cpuS, collectorBytes: collector!.bytes },
      ...{ engineS: engine!.cpuS, engineBytes: engine!.bytes },
    };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    this.agent.destroy();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private operatorKey(): string {
    return readFileSync(join(this.directory, 'data', 'admin.key'), 'utf8').trim();
  }

  /** An idle connection may be closed by the other side at the moment it is used again: then once more. */
  private async post(url: string, asked: Asked): Promise<string> {
    try {
      return await post(url, asked, this.agent);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
      return post(url, asked, this.agent);
    }
  }
}

interface Asked {
  readonly key: string;
  readonly body: Buffer | string;
  readonly type?: string;
}

function post(
  url: string,
  { key, body, type = 'text/plain' }: Asked,
  agent: Agent,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': key, 'content-type': type };
    const asked = request(url, { method: 'POST', headers, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 500)}`));
      });
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

function childOf(parent: number): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (Number(statOf(Number(name))?.[1]) === parent) return Number(name);
  }
  throw new Error('the collector has no engine process');
}

/** The fields of /proc/<pid>/stat behind the name of the command. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function usageOf(pid: number): { cpuS: number; bytes: number } {
  const stat = statOf(pid) ?? [];
  const cpuS = (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) / CLOCK_TICKS_PER_S;
  return { cpuS, bytes: Number(stat[21] ?? 0) * 4096 };
}
