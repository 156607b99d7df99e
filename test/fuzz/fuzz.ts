/**
 * Mutated bodies against a real collector, many in flight: no crash, no hang, nothing taken that the reference refuses,
 * nothing refused that it takes, and nothing taken that ClickHouse then refuses.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageOf } from '../../bench/process-usage.ts';
import type { StartedCollector } from '../start-collector.ts';
import type { Body } from './bodies.ts';
import { BodySender, type Verdict } from './deliver-body.ts';
import { hostileBodies } from './hostile.ts';
import { judgeVerdict } from './judge-verdict.ts';
import { LeftOut } from './left-out.ts';
import { type MadeBody, makeBodies } from './make-bodies.ts';
import { startSlowSenders } from './slow-senders.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly bodies: number;
  /** The number of the first. */
  readonly from?: number;
  readonly minutesMax?: number;
  readonly inFlight: number;
  readonly slowSenders: number;
  /** Size of the hostile bodies; 1 is full size. */
  readonly hostileScale: number;
  /** Where failing bodies are kept; nowhere, if not given. */
  readonly keepIn?: string;
  readonly progress: (text: string) => void;
}

export interface FuzzReport {
  readonly seed: number;
  bodies: number;
  taken: number;
  refused: number;
  /** Answers that asked to come again. */
  busy: number;
  /** Not sent: left-out.ts. */
  left_out: number;
  by_way: Record<string, number>;
  hostile: Record<string, string>;
  slow_connections_ended: number;
  /** Of a good request sent all the while, in milliseconds. */
  beacon_ms_max: number;
  rss_mb_max: number;
  seconds: number;
  failures: { n: number | string; what: string; file?: string }[];
}

const BUSY_TRIES_MAX = 100;
/** Longer from try to try, to the second that the collector asks for: each may cost it the whole of a large body. */
const BUSY_PAUSE_MS = 100;
const BUSY_PAUSE_MS_MAX = 1_000;
const FAILURES_MAX = 50;
const PROGRESS_EVERY_MS = 10_000;
const BEACON_EVERY_MS = 250;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function fuzz(collector: StartedCollector, options: FuzzOptions): Promise<FuzzReport> {
  const run = new FuzzRun(collector, options);
  await run.run();
  return run.report;
}

class FuzzRun {
  readonly report: FuzzReport;
  private readonly collector: StartedCollector;
  private readonly options: FuzzOptions;
  private readonly bodies: AsyncGenerator<MadeBody, void>;
  private readonly sender: BodySender;
  private readonly leftOut = new LeftOut();
  private readonly startedMs = performance.now();
  private isOver = false;

  constructor(collector: StartedCollector, options: FuzzOptions) {
    this.collector = collector;
    this.options = options;
    const { seed, from = 0, bodies } = options;
    this.bodies = makeBodies(seed, { from, to: from + bodies });
    this.sender = new BodySender(collector, options.inFlight);
    this.report = {
      seed: options.seed,
      ...{ bodies: 0, taken: 0, refused: 0, busy: 0, left_out: 0, by_way: {}, hostile: {} },
      ...{ slow_connections_ended: 0, beacon_ms_max: 0, rss_mb_max: 0, seconds: 0, failures: [] },
    };
  }

  async run(): Promise<void> {
    const { collector, options, sender, report } = this;
    const slow = startSlowSenders(collector, options.slowSenders);
    const watching = [this.sendBeacons(), this.showProgress()];
    try {
      await Promise.all(Array.from({ length: options.inFlight }, () => this.sendOnAndOn()));
      // They hold room for the bodies that they declare, and a bomb is to be met by its own limit.
      report.slow_connections_ended = slow.counts().ended;
      slow.stop();
      await this.sendHostile();
    } finally {
      this.isOver = true;
      await this.bodies.return();
      await Promise.all(watching);
      slow.stop();
      sender.close();
    }
    await this.judgeEnd();
    report.seconds = Math.round((performance.now() - this.startedMs) / 1000);
  }

  private get isEnough(): boolean {
    const minutes = (performance.now() - this.startedMs) / 60_000;
    const { minutesMax = Number.POSITIVE_INFINITY } = this.options;
    return minutes > minutesMax || this.report.failures.length >= FAILURES_MAX;
  }

  private async sendOnAndOn(): Promise<void> {
    while (!this.isEnough) {
      const made = await this.bodies.next();
      if (made.done === true) return;
      const { n, body } = made.value;
      if (this.leftOut.has(body)) {
        this.report.left_out++;
      } else {
        this.judge(n, body, await this.sendPatiently(body));
      }
    }
  }

  private async sendPatiently(body: Body): Promise<Verdict> {
    for (let tries = 1; ; tries++) {
      const verdict = await this.sender.send(body);
      if (verdict.kind !== 'busy') return verdict;
      this.report.busy++;
      if (tries === BUSY_TRIES_MAX) return { ...verdict, kind: 'wrong' };
      await pause(Math.min(tries * BUSY_PAUSE_MS, BUSY_PAUSE_MS_MAX));
    }
  }

  private judge(n: number, body: Body, verdict: Verdict): void {
    const { report } = this;
    const way = `${body.transport} ${body.encoding} ${body.signal}`;
    report.bodies++;
    report.by_way[way] = (report.by_way[way] ?? 0) + 1;
    if (verdict.kind === 'taken') report.taken++;
    if (verdict.kind === 'refused') report.refused++;
    const what = judgeVerdict(body, verdict);
    if (what !== undefined) this.fail(n, what, body);
  }

  private fail(n: number | string, what: string, body?: Body): void {
    const { keepIn, progress } = this.options;
    const failure: FuzzReport['failures'][number] = { n, what };
    if (keepIn !== undefined && body !== undefined) {
      const { signal, encoding, transport, coding } = body;
      mkdirSync(keepIn, { recursive: true });
      const name = `${this.options.seed}-${n}.${transport}.${signal}.${encoding}.${coding}.bin`;
      failure.file = join(keepIn, name.replaceAll(' ', '-'));
      writeFileSync(failure.file, body.bytes);
    }
    this.report.failures.push(failure);
    progress(`WRONG body ${n}: ${what}`);
  }

  private async sendHostile(): Promise<void> {
    for (const { name, body, mayBeTaken } of hostileBodies(this.options.hostileScale)) {
      const verdict = await this.sender.send(body);
      this.report.hostile[name] = verdict.text.slice(0, 60);
      const isRight = verdict.kind === 'refused' || verdict.kind === 'busy' || mayBeTaken;
      if (!isRight || verdict.kind === 'wrong') this.fail(name, verdict.text);
    }
  }

  /** A good request must be answered all the while. */
  private async sendBeacons(): Promise<void> {
    const body = { ...EMPTY_BODY };
    while (!this.isOver) {
      const startMs = performance.now();
      const verdict = await this.sender.send(body);
      const tookMs = Math.round(performance.now() - startMs);
      this.report.beacon_ms_max = Math.max(this.report.beacon_ms_max, tookMs);
      if (verdict.kind === 'wrong' || verdict.kind === 'refused') this.fail('beacon', verdict.text);
      await pause(BEACON_EVERY_MS);
    }
  }

  private async showProgress(): Promise<void> {
    let shownMs = 0;
    while (!this.isOver) {
      await pause(BEACON_EVERY_MS);
      const nowMs = performance.now();
      if (nowMs - shownMs < PROGRESS_EVERY_MS) continue;
      shownMs = nowMs;
      const { report } = this;
      report.rss_mb_max = Math.max(report.rss_mb_max, rssMb(this.collector.pid));
      const rate = Math.round(report.bodies / ((nowMs - this.startedMs) / 1000));
      this.options.progress(
        `${report.bodies} bodies (${rate}/s): ${report.taken} taken, ${report.refused} refused, ${report.left_out} left out, ${report.busy} busy, ${rssMb(this.collector.pid)} MB, ${report.failures.length} wrong`,
      );
    }
  }

  /** What was taken must be storable, and no part may have met a fault. */
  private async judgeEnd(): Promise<void> {
    const metrics = await this.awaitDrained();
    for (const state of ['poison', 'damaged']) {
      const count = figureOf(metrics, `aicost_journal_segments{state="${state}"}`);
      if (count > 0) this.fail('end', `${count} segments are ${state}`);
    }
    const faults = figureOf(metrics, 'aicost_spans_refused_total{reason="internal"}');
    if (faults > 0) this.fail('end', `${faults} spans were not kept by a fault of the collector`);
    for (const line of this.collector.output().split('\n')) {
      if (/^\{"level":(50|60)/.test(line)) this.fail('log', line.slice(0, 500));
    }
  }

  private async awaitDrained(): Promise<string> {
    const { url, key } = this.collector;
    for (let tries = 0; ; tries++) {
      const response = await fetch(`${url}/metrics`, { headers: { 'x-api-key': key } });
      const metrics = await response.text();
      const waiting = figureOf(metrics, 'aicost_journal_bytes');
      if (waiting === 0) return metrics;
      if (tries === 600) {
        this.fail('end', `${waiting} bytes still wait in the journal`);
        return metrics;
      }
      await pause(500);
    }
  }
}

const rssMb = (pid: number): number =>
  process.platform === 'linux' ? Math.round(usageOf(pid).residentBytes / 2 ** 20) : 0;

const EMPTY_BODY: Body = {
  signal: 'traces',
  encoding: 'json',
  transport: 'http',
  coding: 'none',
  bytes: Buffer.from('{}'),
  isLegal: true,
  days: [],
};

function figureOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
