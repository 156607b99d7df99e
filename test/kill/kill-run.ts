/**
 * The run: a collector under load, asked for settle and reprice meanwhile, killed again and again, started again;
 * at the end of each phase drained and compared.
 * Invariant: whatever happens, no process of it is left when it ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadPriceBook } from '@ai-cost-profiler/collector/price/load-book.ts';
import type { FaultProxy } from '../faults/fault-proxy.ts';
import { CollectorHost, type HostOptions, within } from './collector-host.ts';
import type { SenderCounts } from './deliver.ts';
import { disturb } from './disturber.ts';
import { EngineServer } from './engine-server.ts';
import { findFreePort } from './free-port.ts';
import { watchFor } from './journal-watch.ts';
import { KillMoments } from './kill-moments.ts';
import { PHASES, type PlannedKill, surroundingsOf } from './kill-plan.ts';
import { openKillProxy } from './kill-proxy.ts';
import type { KillReport, KillRow } from './kill-report.ts';
import { LedgerAsker } from './ledger-asker.ts';
import { describeFindings, LogFindings } from './log-findings.ts';
import { endPhase, expectCommand } from './phase-end.ts';
import { PriceSwitch } from './price-switch.ts';
import { Random } from './random.ts';
import { Senders } from './senders.ts';
import { SentSpans } from './sent-spans.ts';
import { allDays } from './traffic.ts';
import type { VerifySummary } from './verify.ts';

export interface KillOptions {
  /** In the order of their phases. */
  readonly plan: readonly PlannedKill[];
  /** Whether all phases are one load, compared at its end alone; otherwise each is compared at its own. */
  readonly isComparedOnce: boolean;
  /** Commands that must succeed on the data of it all. */
  readonly lastCommands: readonly (readonly string[])[];
  /** How many are begun where settle is to be struck at work. */
  readonly scenesAtOnce: number;
  /** Over how many days the starts are spread in phase `days`; more than have a segment of their own, DAYS at most. */
  readonly daysAtOnce: number;
  readonly seed: number;
  /** Takes a line at a time. */
  readonly progress: (line: string) => void;
}

const TENANTS = ['acme', 'globex'];
const SERVER_ZONE = 'Asia/Kolkata';
const FEW_DAYS = 3;
const DRAIN_MS_MAX = 300_000;
/** At the end of a phase; the report shows more. */
const FAILURES_SHOWN = 10;

/** Runs, compares, cleans up. Rejects when the collector does not start, take spans or drain in time. */
export async function runKills(options: KillOptions): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aicost-kill-'));
  const random = new Random(process.pid);
  const port = await findFreePort(random);
  const server = new EngineServer(join(dataDir, 'engine'), await findFreePort(random), SERVER_ZONE);
  const proxy = openKillProxy(server, await findFreePort(random), new Random(options.seed).fork(5));
  const proxyUrl = await proxy.listen();
  const run = new KillRun({ dataDir, port, server, proxy, proxyUrl }, options);
  try {
    return await run.run();
  } finally {
    await run.end();
    await proxy.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

class KillRun {
  private readonly dataDir: string;
  private readonly options: KillOptions;
  private readonly random: Random;
  private readonly keys: Map<string, string>;
  private readonly host: CollectorHost;
  private readonly proxy: FaultProxy;
  private readonly book = new SentSpans();
  private readonly prices = loadPriceBook();
  private readonly findings = new LogFindings();
  private readonly faults: string[] = [];
  private readonly asker: LedgerAsker;
  private readonly priceSwitch: PriceSwitch;
  private readonly moments: KillMoments;
  private readonly counts: SenderCounts = {
    batches: 0,
    resends: 0,
    duplicates: 0,
    rebatched: 0,
    givenUp: 0,
    bursts: 0,
    scenes: 0,
    sceneBursts: 0,
  };
  private readonly rows: KillRow[] = [];
  private readonly senders: Senders;
  private summary: VerifySummary | undefined;
  private days = FEW_DAYS;
  private burst: 'rows' | 'bytes' | undefined;
  private scenes: number | undefined;
  private isStopping = false;
  private readonly startedAtMs = performance.now();

  constructor(
    places: Pick<HostOptions, 'dataDir' | 'port' | 'server' | 'proxyUrl'> & { proxy: FaultProxy },
    options: KillOptions,
  ) {
    this.dataDir = places.dataDir;
    this.proxy = places.proxy;
    this.options = options;
    this.random = new Random(options.seed);
    this.keys = new Map(TENANTS.map((name) => [name, `aicost_${name}_${this.random.hex(20)}`]));
    const operator = `aicost_operator_${this.random.hex(20)}`;
    const scopes = ['ingest', 'read'];
    const initKeys = [...this.keys].map(([tenant, key]) => ({ tenant, scopes, key }));
    const { faults } = this;
    this.host = new CollectorHost({
      ...places,
      initKeys: JSON.stringify([
        ...initKeys,
        { tenant: TENANTS[0], scopes: ['operator'], key: operator },
      ]),
      findings: this.findings,
      random: this.random.fork(3),
      onOwnEnd: (about) => faults.push(about),
      surroundings: surroundingsOf(options.plan[0]!.phase),
    });
    const asked = { url: this.host.url, key: operator, faults };
    this.asker = new LedgerAsker({ ...asked, ...allDays() });
    this.priceSwitch = new PriceSwitch(asked);
    this.moments = this.openMoments();
    this.senders = this.openSenders();
  }

  async run(): Promise<KillReport> {
    const { plan, isComparedOnce, lastCommands } = this.options;
    this.host.start();
    await this.host.untilReady();
    const failures: string[] = [];
    const rounds = isComparedOnce ? [plan] : Map.groupBy(plan, ({ phase }) => phase).values();
    for (const kills of rounds) {
      failures.push(...(await this.runRound(kills)));
    }
    for (const command of lastCommands) {
      failures.push(...(await expectCommand(command, this.dataDir)));
    }
    const end = await this.host.stop();
    return {
      seed: this.options.seed,
      kills: this.rows,
      seconds: Math.round((performance.now() - this.startedAtMs) / 1000),
      counts: this.counts,
      work: this.asker.counts,
      found: this.findings.total,
      faults: Object.fromEntries([...this.proxy.counts].filter(([fault]) => fault !== 'none')),
      summary: this.summary!,
      failures: [
        ...this.faults,
        ...this.findings.alarms,
        ...failures,
        ...(end === undefined ? [] : [end]),
      ],
    };
  }

  async end(): Promise<void> {
    this.isStopping = true;
    await this.host.end();
  }

  /** Load, kills, quiet, comparison. Returns what was wrong. */
  private async runRound(kills: readonly PlannedKill[]): Promise<readonly string[]> {
    const { phase } = kills.at(-1)!;
    this.isStopping = false;
    this.proxy.hurt();
    const random = this.random.fork(10 + PHASES.indexOf(phase));
    const { asker, priceSwitch } = this;
    const isStopping = () => this.isStopping;
    const operator = { asker, prices: priceSwitch, tenants: TENANTS, isStopping };
    const busy = Promise.all([this.senders.run(random), disturb(operator, random.fork(98))]);
    // Looked at further down; until then its failure must not be unhandled.
    busy.catch(() => undefined);
    for (const kill of kills) {
      this.failIfLate();
      await this.strike(kill);
    }
    await this.proxy.heal();
    await this.host.untilReady();
    this.isStopping = true;
    const quiet = Promise.all([busy, this.moments.end()]);
    await within(quiet, DRAIN_MS_MAX, 'the senders did not get rid of their last batches');
    await this.untilDrained();
    this.noteLast();
    const { dataDir, host, keys, book, prices } = this;
    const parts = { dataDir, host, keys, book, prices, asker, priceSwitch, ...allDays() };
    const { summary, failures } = await endPhase({ ...parts, random: random.fork(97) });
    this.summary = summary;
    this.options.progress(
      `end of ${phase}: ${summary.spans_stored} spans, ${summary.ledger_entries} entries, ${failures.length} differences`,
    );
    const shown = [...this.faults, ...failures].slice(0, FAILURES_SHOWN);
    shown.forEach((failure) => void this.options.progress(`  - ${failure}`));
    return failures.map((failure) => `${phase}: ${failure}`);
  }

  private openSenders(): Senders {
    const { book, keys, counts, faults, host } = this;
    return new Senders(
      {
        book,
        url: () => host.url,
        keys,
        days: () => this.days,
        takeBurst: () => {
          const { burst } = this;
          this.burst = undefined;
          return burst;
        },
        takeScenes: () => {
          const { scenes } = this;
          this.scenes = undefined;
          return scenes;
        },
        isStopping: () => this.isStopping,
        counts,
        faults,
      },
      this.random.fork(2),
    );
  }

  private openMoments(): KillMoments {
    const { dataDir, asker, priceSwitch, counts } = this;
    return new KillMoments({
      dataDir,
      random: this.random.fork(4),
      asker,
      priceSwitch,
      tenants: TENANTS,
      counts,
      wantScenes: () => {
        this.scenes = this.options.scenesAtOnce;
      },
    });
  }

  private async strike(kill: PlannedKill): Promise<void> {
    if (kill.moment === 'start') {
      await sleep(this.random.below(2_200));
    } else {
      await this.host.untilReady();
    }
    this.days = kill.phase === 'days' ? this.options.daysAtOnce : FEW_DAYS;
    this.burst = kill.burst;
    // Faults take their time: without more of it there would hardly be any between two kills.
    await sleep(kill.phase === 'faults' ? this.random.between(4_000, 14_000) : 0);
    await this.moments.waitFor(kill);
    this.noteLast();
    const { number, phase, victim, moment } = kill;
    const engineTimeZone = this.host.engineTimeZone();
    this.rows.push({ number, phase, victim, moment, engineTimeZone, found: '' });
    const hadEngine = await this.host.strike(kill);
    const what = hadEngine ? victim : `${victim} (there was none)`;
    const { acknowledged } = this.book;
    this.options.progress(
      `kill ${number} of ${this.options.plan.length}: ${what} (${phase}, ${moment}); ${acknowledged} spans acknowledged; about ${this.minutesLeft()} min left`,
    );
  }

  private minutesLeft(): number {
    const { length } = this.rows;
    const minutes = (performance.now() - this.startedAtMs) / 60_000;
    return Math.ceil((minutes / length) * (this.options.plan.length - length));
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
      return this.host.isDrained();
    }, DRAIN_MS_MAX);
    if (!isDrained) throw new Error(`the journal does not drain\n${this.host.current.tail}`);
  }

  private failIfLate(): void {
    const seconds = 120 + this.options.plan.length * 60;
    const isLate = performance.now() - this.startedAtMs > seconds * 1_000;
    if (isLate) throw new Error(`the run takes longer than ${seconds} s`);
  }
}
