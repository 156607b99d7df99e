/**
 * The run: a collector under load, killed again and again, started again, drained, and then compared.
 * Invariant: whatever happens, no process of it is left when it ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CollectorHost, within } from './collector-host.ts';
import { EngineServer } from './engine-server.ts';
import { findFreePort } from './free-port.ts';
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
  /** Takes a line at a time. */
  readonly progress: (line: string) => void;
}

const TENANTS = ['acme', 'globex'];
const SERVER_ZONE = 'Asia/Kolkata';
const FEW_DAYS = 3;
const DRAIN_MS_MAX = 120_000;
/** A segment beyond this is one that a burst made. */
const LARGE_BYTES = 8_000_000;
/** A file that grew beyond this is being written by a burst. */
const FLUSHING_BYTES = 1_000_000;

/** Runs, compares, cleans up. Rejects when the collector does not start, take spans or drain in time. */
export async function runKills(options: KillOptions): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aicost-kill-'));
  const random = new Random(process.pid);
  const port = await findFreePort(random);
  const server = new EngineServer(join(dataDir, 'engine'), await findFreePort(random), SERVER_ZONE);
  const run = new KillRun({ dataDir, port, server }, options);
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
  private readonly host: CollectorHost;
  private readonly book = new SentSpans();
  private readonly findings = new LogFindings();
  private readonly faults: string[] = [];
  private readonly counts: SenderCounts = {
    batches: 0,
    resends: 0,
    duplicates: 0,
    rebatched: 0,
    givenUp: 0,
    bursts: 0,
  };
  private readonly rows: KillRow[] = [];
  private days = FEW_DAYS;
  private burst: 'rows' | 'bytes' | undefined;
  private isStopping = false;
  private readonly startedAtMs = performance.now();

  constructor(
    places: { dataDir: string; port: number; server: EngineServer },
    options: KillOptions,
  ) {
    this.dataDir = places.dataDir;
    this.options = options;
    this.random = new Random(options.seed);
    this.keys = new Map(TENANTS.map((name) => [name, `aicost_${name}_${this.random.hex(20)}`]));
    const scopes = ['ingest', 'read'];
    this.host = new CollectorHost({
      ...places,
      initKeys: JSON.stringify([...this.keys].map(([tenant, key]) => ({ tenant, scopes, key }))),
      findings: this.findings,
      random: this.random.fork(3),
      onOwnEnd: (about) => this.faults.push(about),
    });
  }

  async run(): Promise<KillReport> {
    const kills = planKills(this.options.kills, this.random.fork(1));
    this.host.start();
    await this.host.untilReady();
    const sending = this.sendAll();
    // Looked at further down; until then its failure must not be unhandled.
    sending.catch(() => undefined);
    for (const kill of kills) {
      this.failIfLate();
      await this.strike(kill);
    }
    await this.host.untilReady();
    this.isStopping = true;
    await within(sending, DRAIN_MS_MAX, 'the senders did not get rid of their last batches');
    await this.untilDrained();
    this.noteLast();
    const { dataDir, keys, book } = this;
    const { summary, differences } = await verify({ dataDir, url: this.host.url, keys, book });
    const end = await this.host.stop();
    return {
      seed: this.options.seed,
      kills: this.rows,
      seconds: Math.round((performance.now() - this.startedAtMs) / 1000),
      counts: this.counts,
      found: this.findings.total,
      summary,
      failures: [
        ...this.faults,
        ...this.findings.alarms,
        ...differences,
        ...(end === undefined ? [] : [end]),
      ],
    };
  }

  async end(): Promise<void> {
    this.isStopping = true;
    await this.host.end();
  }

  private sendAll(): Promise<void> {
    const random = this.random.fork(2);
    const senders = new Senders(
      {
        book: this.book,
        url: () => this.host.url,
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

  private async strike(kill: PlannedKill): Promise<void> {
    if (kill.moment === 'start') {
      await sleep(this.random.below(2_200));
    } else {
      await this.host.untilReady();
    }
    this.days = kill.phase === 'days' ? DAYS : FEW_DAYS;
    this.burst = kill.burst;
    await this.waitFor(kill);
    this.noteLast();
    const { number, phase, victim, moment } = kill;
    const engineTimeZone = this.host.engineTimeZone();
    this.rows.push({ number, phase, victim, moment, engineTimeZone, found: '' });
    const hadEngine = await this.host.strike(kill);
    const what = hadEngine ? victim : `${victim} (there was none)`;
    const { acknowledged } = this.book;
    this.options.progress(
      `kill ${number} of ${this.options.kills}: ${what} (${phase}, ${moment}); ${acknowledged} spans acknowledged`,
    );
  }

  private async waitFor({ moment }: PlannedKill): Promise<void> {
    const { dataDir, random } = this;
    switch (moment) {
      case 'start':
        return;
      case 'load':
        await sleep(random.between(200, 2_500));
        return;
      case 'split':
        await watchFor(() => isSplitting(dataDir), 4_000);
        await sleep(random.below(12));
        return;
      case 'flush':
        await watchFor(async () => (await this.largest('open')) >= FLUSHING_BYTES, 25_000);
        await sleep(random.below(40));
        return;
      case 'sealed':
        await sleep(random.below(1_000));
        await this.untilSealed(1, 3_000);
        return;
      case 'large':
        await this.untilSealed(LARGE_BYTES, 25_000);
        return;
    }
  }

  /** Until a segment of so many bytes waits for the writer, and then for some part of what writing it takes. */
  private async untilSealed(bytesMin: number, timeoutMs: number): Promise<void> {
    let bytes = 0;
    await watchFor(async () => {
      bytes = await this.largest('sealed');
      return bytes >= bytesMin;
    }, timeoutMs);
    await sleep(this.random.below(80 + bytes / 40_000));
  }

  private largest(folder: 'open' | 'sealed'): Promise<number> {
    return largestSegmentBytes(this.dataDir, folder);
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
      const text = await (await fetch(`${this.host.url}/metrics`)).text();
      const waiting = /^aicost_journal_(?:bytes|segments\{state="(?:open|sealed)"\}) (\d+)$/gm;
      const values = [...text.matchAll(waiting)].map((match) => Number(match[1]));
      return values.length === 3 && values.every((value) => value === 0);
    }, DRAIN_MS_MAX);
    if (!isDrained) {
      throw new Error(`the journal does not drain\n${this.host.current.tail}`);
    }
  }

  private failIfLate(): void {
    const limitMs = 120_000 + this.options.kills * 15_000;
    if (performance.now() - this.startedAtMs > limitMs) {
      throw new Error(`the run takes longer than ${limitMs / 1000} s`);
    }
  }
}
