/**
 * The run: a collector under load, killed again and again, started again, drained, and then compared.
 * Invariant: whatever happens, no process of it is left when it ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CollectorProcess } from './collector-process.ts';
import { isSplitting, largestSegmentBytes, watchFor } from './journal-watch.ts';
import { type PlannedKill, planKills } from './kill-plan.ts';
import type { KillReport, KillRow } from './kill-report.ts';
import { describeFindings, LogFindings } from './log-findings.ts';
import { Random } from './random.ts';
import { type SenderCounts, Senders } from './senders.ts';
import { SentSpans } from './sent-spans.ts';
import { DAYS } from './traffic.ts';
import { verify } from './verify.ts';

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

export const TENANTS = ['acme', 'globex'];
const READY_MS_MAX = 45_000;
const DRAIN_MS_MAX = 120_000;
const STARTS_IN_A_ROW_MAX = 4;
/** A segment beyond this is one that a burst made. */
const LARGE_BYTES = 8_000_000;
/** A file that grew beyond this is being written by a burst. */
const FLUSHING_BYTES = 1_000_000;

export async function runKills(options: KillOptions): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aicost-kill-'));
  const run = new KillRun(dataDir, options);
  try {
    return await run.run();
  } finally {
    await run.end();
    await rm(dataDir, { recursive: true, force: true });
  }
}

class KillRun {
  private readonly dataDir: string;
  private readonly options: KillOptions;
  private readonly random: Random;
  private readonly keys: Map<string, string>;
  private readonly book = new SentSpans();
  private readonly findings = new LogFindings();
  private readonly faults: string[] = [];
  private readonly counts: SenderCounts;
  private readonly rows: KillRow[] = [];
  private readonly started: CollectorProcess[] = [];
  private collector: CollectorProcess | undefined;
  private url = '';
  private timeZone: string | undefined;
  private days = 3;
  private burst: 'rows' | 'bytes' | undefined;
  private isStopping = false;
  private readonly startedAtMs = performance.now();

  constructor(dataDir: string, options: KillOptions) {
    this.dataDir = dataDir;
    this.options = options;
    this.random = new Random(options.seed);
    this.keys = new Map(TENANTS.map((name) => [name, `aicost_${name}_${this.random.hex(20)}`]));
    this.counts = {
      batches: 0,
      resends: 0,
      duplicates: 0,
      rebatched: 0,
      givenUp: 0,
      bursts: 0,
    };
  }

  async run(): Promise<KillReport> {
    const kills = planKills(this.options.kills, this.random.fork(1));
    this.start();
    await this.untilReady();
    const sending = this.sendAll();
    for (const kill of kills) {
      this.failIfLate();
      await this.strike(kill);
    }
    await this.untilReady();
    this.isStopping = true;
    await within(sending, DRAIN_MS_MAX, 'the senders did not get rid of their last batches');
    await this.untilDrained();
    this.noteLast();
    const { summary, differences } = await verify({
      dataDir: this.dataDir,
      url: this.url,
      keys: this.keys,
      book: this.book,
    });
    await this.stopCleanly();
    return {
      seed: this.options.seed,
      kills: this.rows,
      seconds: Math.round((performance.now() - this.startedAtMs) / 1000),
      counts: this.counts,
      found: this.findings.total,
      summary,
      failures: [...this.faults, ...this.findings.alarms, ...differences],
    };
  }

  /** Kills whatever of this run still lives. */
  async end(): Promise<void> {
    this.isStopping = true;
    for (const collector of this.started) {
      await collector.kill();
    }
  }

  private sendAll(): Promise<void> {
    const random = this.random.fork(2);
    const senders = new Senders(
      {
        book: this.book,
        url: () => this.url,
        keys: this.keys,
        days: () => this.days,
        takeBurst: () => {
          const { burst } = this;
          this.burst = undefined;
          return burst;
        },
        isStopping: () => this.isStopping,
        counts: this.counts,
        faults: this.faults,
      },
      random,
    );
    return senders.run(random);
  }

  private start(): void {
    const initKeys = TENANTS.map((tenant) => ({
      tenant,
      scopes: ['ingest', 'read'],
      key: this.keys.get(tenant),
    }));
    this.collector = new CollectorProcess({
      dataDir: this.dataDir,
      // The senders' address must last: only the first start takes any free port.
      port: this.url === '' ? 0 : Number(new URL(this.url).port),
      timeZone: this.timeZone,
      initKeys: JSON.stringify(initKeys),
      onLog: (line) => this.findings.read(line),
    });
    this.started.push(this.collector);
  }

  /** Until spans and questions are answered; a collector that ended on its own is started again and noted. */
  private async untilReady(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const collector = this.collector!;
      const url = await within(collector.ready, READY_MS_MAX, `no start\n${collector.tail}`);
      if (url !== undefined) {
        this.url = url;
        const isUp = await watchFor(() => this.answers(), READY_MS_MAX);
        if (isUp) {
          return;
        }
        if (collector.end === undefined) {
          throw new Error(`the collector is not ready for queries\n${collector.tail}`);
        }
      }
      this.noteEnd(collector);
      if (attempt === STARTS_IN_A_ROW_MAX) {
        throw new Error(`the collector ended ${attempt} times in a row\n${collector.tail}`);
      }
      this.start();
    }
  }

  private async answers(): Promise<boolean> {
    if (this.collector?.end !== undefined) {
      return false;
    }
    try {
      const signal = AbortSignal.timeout(3_000);
      return (await fetch(`${this.url}/readyz?for=query`, { signal })).ok;
    } catch (error) {
      return !(error instanceof Error);
    }
  }

  private noteEnd(collector: CollectorProcess): void {
    const { code, signal } = collector.end ?? {};
    const lastLine = collector.tail.split('\n').at(-1)?.slice(0, 400);
    const about = `the collector ended on its own (code ${code}, signal ${signal}): ${lastLine}`;
    const kill = this.rows.at(-1);
    // An engine that is killed while it starts for the first time ends the start, with a message. That is said, not held
    // against it: nothing was taken yet.
    if (kill?.moment === 'start' && kill.victim === 'engine') {
      this.options.progress(`  note: ${about}`);
    } else {
      this.faults.push(about);
    }
  }

  private async strike(kill: PlannedKill): Promise<void> {
    const isStarting = kill.moment === 'start';
    if (isStarting) {
      await sleep(this.random.below(2_200));
    } else {
      await this.untilReady();
    }
    this.days = kill.phase === 'days' ? DAYS : 3;
    this.burst = kill.burst;
    const waitedForMs = await this.waitFor(kill);
    this.noteLast();
    const collector = this.collector!;
    const row: KillRow = {
      number: kill.number,
      phase: kill.phase,
      victim: kill.victim,
      moment: kill.moment,
      waitedForMs,
      engineTimeZone: collector.engineTimeZone(),
      found: '',
    };
    this.rows.push(row);
    const hadEngine = await this.killVictim(kill, collector);
    const what = kill.victim === 'engine' && !hadEngine ? 'engine (there was none)' : kill.victim;
    const { acknowledged } = this.book;
    this.options.progress(
      `kill ${kill.number} of ${this.options.kills}: ${what} (${kill.phase}, ${kill.moment}); ${acknowledged} spans acknowledged`,
    );
  }

  private async killVictim(kill: PlannedKill, collector: CollectorProcess): Promise<boolean> {
    if (kill.victim === 'engine') {
      return collector.killEngine();
    }
    if (kill.victim === 'drain') {
      collector.signal('SIGTERM');
      await sleep(this.random.below(900));
    }
    let hadEngine = false;
    if (kill.victim === 'both' && this.random.chance(0.5)) {
      hadEngine = collector.killEngine();
      await sleep(this.random.below(30));
    }
    collector.signal('SIGKILL');
    if (kill.victim === 'both' && !hadEngine) {
      await sleep(this.random.below(30));
      collector.killOrphans();
    }
    await collector.ended;
    this.timeZone = kill.timeZoneAfter;
    await sleep(this.random.chance(0.5) ? 0 : this.random.below(800));
    this.start();
    return true;
  }

  /** Waits for the moment of a kill; returns how long. */
  private async waitFor({ moment }: PlannedKill): Promise<number> {
    const startMs = performance.now();
    const { dataDir, random } = this;
    if (moment === 'load') {
      await sleep(random.between(200, 2_500));
    } else if (moment === 'split') {
      await watchFor(() => isSplitting(dataDir), 4_000);
      await sleep(random.below(12));
    } else if (moment === 'flush') {
      const isLarge = async () => (await largestSegmentBytes(dataDir, 'open')) >= FLUSHING_BYTES;
      await watchFor(isLarge, 25_000);
      await sleep(random.below(40));
    } else if (moment !== 'start') {
      const least = moment === 'large' ? LARGE_BYTES : 1;
      await sleep(moment === 'large' ? 0 : random.below(1_000));
      let bytes = 0;
      await watchFor(
        async () => {
          bytes = await largestSegmentBytes(dataDir, 'sealed');
          return bytes >= least;
        },
        moment === 'large' ? 25_000 : 3_000,
      );
      // What a segment takes to be written grows with its bytes.
      await sleep(random.below(80 + bytes / 40_000));
    }
    return Math.round(performance.now() - startMs);
  }

  /** What came out of the last kill is known when the next one comes. */
  private noteLast(): void {
    const row = this.rows.at(-1);
    if (row !== undefined) {
      row.found = describeFindings(this.findings.take());
      this.options.progress(`  after kill ${row.number}: ${row.found}`);
    }
  }

  private async untilDrained(): Promise<void> {
    const isDrained = await watchFor(async () => {
      await sleep(100);
      const text = await (await fetch(`${this.url}/metrics`)).text();
      const waiting = /^aicost_journal_(?:bytes|segments\{state="(?:open|sealed)"\}) (\d+)$/gm;
      const values = [...text.matchAll(waiting)].map((match) => Number(match[1]));
      return values.length === 3 && values.every((value) => value === 0);
    }, DRAIN_MS_MAX);
    if (!isDrained) {
      throw new Error(`the journal does not drain\n${this.collector?.tail}`);
    }
  }

  private async stopCleanly(): Promise<void> {
    const collector = this.collector!;
    collector.signal('SIGTERM');
    const { code, signal } = await within(collector.ended, 30_000, 'SIGTERM does not end it');
    if (code !== 0) {
      this.faults.push(`SIGTERM after all: expected code 0, got code ${code}, signal ${signal}`);
    }
  }

  private failIfLate(): void {
    const limitMs = 120_000 + this.options.kills * 15_000;
    if (performance.now() - this.startedAtMs > limitMs) {
      throw new Error(`the run takes longer than ${limitMs / 1000} s`);
    }
  }
}

async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const late = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: late.signal }).then(
    () => {
      throw new Error(`${what} (within ${timeoutMs / 1000} s)`);
    },
    () => promise,
  );
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
  }
}
