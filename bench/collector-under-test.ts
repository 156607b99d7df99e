/**
 * A whole collector process for a benchmark, as `aicost start` runs it: with what it and its engine have used, and with
 * its sealed segments kept where that is asked for. Ended by its own pid, also when the benchmark fails.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import collectorEnv from '../scripts/collector-env.json' with { type: 'json' };
import { childOf, type ProcessUsage, usageOf } from './process-usage.ts';
import { sleep, until } from './wait.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const KEEP_EVERY_MS = 20;
/** Each question costs the engine a little: few of them. */
const QUIET_EVERY_MS = 500;
const QUIET_POLLS = 4;

export interface CollectorWish {
  /** Where its data is, in a folder `data`; a fresh one where none is given. */
  readonly directory?: string;
  readonly flags?: readonly string[];
  /** Flags of Node, such as --inspect. */
  readonly nodeFlags?: readonly string[];
  /** Whether sealed segments are kept after ClickHouse has them. */
  readonly isKept?: boolean;
}

export class CollectorUnderTest {
  url = '';
  key = '';
  readonly directory: string;
  /** Paths of the kept segments, in the order in which they were sealed. */
  readonly segments: string[] = [];
  private readonly child: ChildProcess;
  private readonly linked = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private sqlUrl = '';
  private text = '';

  private constructor({ flags = [], nodeFlags = [], isKept, directory }: CollectorWish) {
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'aicost-bench-'));
    const places = ['--http', '127.0.0.1:0', '--sql', '127.0.0.1:0', '--grpc', 'off'];
    const own = ['start', '--data-dir', this.data, ...places, '--log-level', 'warn', ...flags];
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    // With the environment that the launcher gives a collector; `env` becomes the program that it starts.
    const names = Object.entries(collectorEnv).map(([name, value]) => `${name}=${value}`);
    const line = [...names, process.execPath, ...nodeFlags, MAIN, ...own];
    this.child = spawn('env', line, { stdio: [...stdio] });
    process.once('exit', () => this.child.kill('SIGKILL'));
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.text = (this.text + text).slice(-100_000);
      });
    }
    if (isKept) this.timer = setInterval(() => this.keepSegments(), KEEP_EVERY_MS);
  }

  /** Resolves once spans can be taken. */
  static async start(wish: CollectorWish = {}): Promise<CollectorUnderTest> {
    const collector = new CollectorUnderTest(wish);
    await collector.ready();
    return collector;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** What it wrote, log included. */
  get output(): string {
    return this.text;
  }

  collectorUsage(): ProcessUsage {
    return usageOf(this.pid);
  }

  engineUsage(): ProcessUsage {
    return usageOf(childOf(this.pid));
  }

  /** The answer of the engine, as text; `asked`: settings and parameters of the statement. */
  async sql(query: string, asked = new URLSearchParams()): Promise<string> {
    const init = { method: 'POST', body: query, headers: { 'x-api-key': this.key } };
    const url = new URL(this.sqlUrl);
    for (const [name, value] of asked) url.searchParams.append(name, value);
    const answer = await fetch(url, init);
    const text = (await answer.text()).trim();
    if (!answer.ok) throw new Error(text);
    return text;
  }

  /** The sum of a metric's series whose labels hold `labels`. */
  async metric(name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
    const own = lines.filter((line) => /^[\w:]+/.exec(line)?.[0] === name);
    return own.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** Resolves once ClickHouse has all there is in the journal. */
  async untilStored(): Promise<void> {
    const waiting = async () => (await this.metric('aicost_journal_bytes')) === 0;
    await until('everything is stored', waiting, { everyMs: 500 });
  }

  /** Resolves once the engine has nothing to merge any more for a while. */
  async untilQuiet(): Promise<void> {
    let quiet = 0;
    await until(
      'nothing is merged',
      async () => {
        quiet = (await this.sql('SELECT count() FROM system.merges')) === '0' ? quiet + 1 : 0;
        return quiet >= QUIET_POLLS;
      },
      { everyMs: QUIET_EVERY_MS },
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }

  /** After `stop`. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get data(): string {
    return join(this.directory, 'data');
  }

  private async ready(): Promise<void> {
    const place = (name: string) => new RegExp(`^ *${name}: +(\\S+)`, 'm').exec(this.text)?.[1];
    while (place('Data') === undefined) {
      if (this.child.exitCode !== null) throw new Error(this.text);
      await sleep(50);
    }
    this.url = place('Page')!.replace(/\/$/, '');
    this.sqlUrl = place('SQL')!;
    this.key = readFileSync(join(this.data, 'admin.key'), 'utf8').trim();
  }

  /** A second name for the rows of each sealed segment: the first goes when ClickHouse has them. */
  private keepSegments(): void {
    const sealed = join(this.data, 'journal', 'sealed');
    const kept = join(this.directory, 'kept');
    mkdirSync(kept, { recursive: true });
    for (const name of namesIn(sealed).filter((one) => !this.linked.has(one))) {
      const path = join(kept, `${this.segments.length}.native`);
      try {
        linkSync(join(sealed, name, 'rows.native'), path);
      } catch {
        // Gone already, or not whole yet: looked at again next time.
        continue;
      }
      this.linked.add(name);
      this.segments.push(path);
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    // The journal is not open yet.
    return [];
  }
}
