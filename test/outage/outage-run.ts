/**
 * ClickHouse is away while spans keep coming at a rate and then as fast as they can; then it is back. Nothing may be
 * lost, totals must be exact, and what it cost the collector in the meantime is told.
 * Invariant: whatever happens, no process of it is left when it ends.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { runAicost } from '../kill/aicost-command.ts';
import { within } from '../kill/collector-host.ts';
import { CollectorProcess } from '../kill/collector-process.ts';
import { EngineServer } from '../kill/engine-server.ts';
import { findFreePort } from '../kill/free-port.ts';
import { Random } from '../kill/random.ts';
import { type AwayEngine, awayEmbedded, awayServer } from './away-engine.ts';
import { checkTotals, mostParts } from './check-totals.ts';
import { describeLook } from './describe-look.ts';
import type { OutageOptions, OutageReport } from './outage-report.ts';
import { SenderProcess } from './sender-process.ts';
import {
  askCosts,
  checkReadinessAway,
  cpuSeconds,
  type Look,
  readJournal,
  residentBytes,
} from './watch-collector.ts';

const CATCH_UP_MS_MAX = 1_800_000;
const SPANS_PER_REQUEST = 96;
const FULL_RATE_SPANS_PER_REQUEST = 512;
const WARM_SECONDS = 1;
/** Up to here every charge is recomputed too. */
const VERIFIED_SPANS_MAX = 100_000n;

export async function runOutage(options: OutageOptions): Promise<OutageReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aicost-outage-'));
  const run = new OutageRun(dataDir, options);
  try {
    await run.start();
    return await run.run();
  } finally {
    await run.end();
    await rm(dataDir, { recursive: true, force: true });
  }
}

class OutageRun {
  private readonly dataDir: string;
  private readonly options: OutageOptions;
  private readonly key: string;
  private readonly runId: string;
  private readonly sender = new SenderProcess();
  private readonly looks: Look[] = [];
  private readonly startedAtMs = performance.now();
  private url = '';
  private server: EngineServer | undefined;
  private collector: CollectorProcess | undefined;
  private stage = 'before';
  private readonly alarms: string[] = [];

  constructor(dataDir: string, options: OutageOptions) {
    this.dataDir = dataDir;
    this.options = options;
    const random = new Random(Date.now());
    this.key = `aicost_outage_${random.hex(20)}`;
    this.runId = random.hex(4);
  }

  async start(): Promise<void> {
    const random = new Random(process.pid);
    const port = await findFreePort(random);
    this.url = `http://127.0.0.1:${port}`;
    if (this.options.mode === 'server') {
      const serverDir = join(this.dataDir, 'server');
      this.server = new EngineServer(serverDir, await findFreePort(random), 'UTC');
      this.server.start();
    }
    const initKeys = [{ tenant: 'acme', scopes: ['ingest', 'read', 'operator'], key: this.key }];
    this.collector = new CollectorProcess({
      dataDir: this.dataDir,
      port,
      timeZone: undefined,
      clickhouseUrl: this.server?.url,
      initKeys: JSON.stringify(initKeys),
      settleAfter: '120s',
      onLog: ({ level, msg }) => {
        if (level === 'fatal' || msg?.includes('set aside') === true) {
          this.alarms.push(String(msg));
        }
      },
    });
    if (!(await within(this.collector.ready, 60_000, 'the collector does not start'))) {
      throw new Error(`the collector ended\n${this.collector.tail}`);
    }
  }

  async run(): Promise<OutageReport> {
    const { minutes, rate, fullRateSeconds } = this.options;
    await this.send('before', { spansPerS: rate, seconds: WARM_SECONDS });
    await this.untilWritten();
    const away = this.away();
    await away.leave();
    const slow = await this.send('away, at the rate', { spansPerS: rate, seconds: minutes * 60 });
    const fast = await this.send('away, at full rate', {
      spansPerS: null,
      seconds: fullRateSeconds,
    });
    const waiting = await readJournal(this.url);
    this.alarms.push(...(await checkReadinessAway(this.url)));
    const backAtMs = performance.now();
    const collectorCpu = cpuSeconds(this.collector?.pid);
    this.stage = 'catching up';
    await away.comeBack();
    await this.untilWritten();
    const catchUpSeconds = (performance.now() - backAtMs) / 1_000;
    const cpu = {
      // Of an engine that was started for it: all it has used so far.
      engine: cpuSeconds(this.server?.pid ?? this.collector?.enginePid()),
      collector: cpuSeconds(this.collector?.pid) - collectorCpu,
    };
    await this.look();
    const store = await this.openStore();
    try {
      const partsMost = await mostParts(store);
      const failures = await this.check(store);
      return this.report({ slow, fast, waiting, catchUpSeconds, cpu, partsMost, failures });
    } finally {
      await store.close();
    }
  }

  async end(): Promise<void> {
    this.sender.end();
    await this.collector?.kill();
    await this.server?.kill();
  }

  private report(about: {
    slow: number;
    fast: number;
    waiting: { bytes: number };
    catchUpSeconds: number;
    cpu: { engine: number; collector: number };
    partsMost: number;
    failures: readonly string[];
  }): OutageReport {
    const { slow, fast, waiting, catchUpSeconds, cpu, partsMost, failures } = about;
    const { progress: _progress, ...options } = this.options;
    const { looks, sender } = this;
    const most = (value: (look: Look) => number) => Math.max(0, ...looks.map(value));
    const asked = looks.filter(({ stage }) => stage === 'catching up');
    const answered = asked.flatMap(({ questionMs }) => (questionMs === null ? [] : [questionMs]));
    const { minutes, fullRateSeconds } = options;
    return {
      options,
      spans: Number(sender.totals.spans),
      calls: Number(sender.totals.calls),
      costAtto: String(sender.totals.costAtto),
      resends: sender.resends,
      spansPerS: Math.round(slow / (minutes * 60 || 1)),
      fullRateSpansPerS: Math.round(fast / (fullRateSeconds || 1)),
      journalBytesMost: Math.max(
        waiting.bytes,
        most(({ journalBytes }) => journalBytes),
      ),
      residentBytesMost: most((look) => look.residentBytes),
      residentBytesEnd: looks.at(-1)?.residentBytes ?? 0,
      catchUpSeconds: Math.round(catchUpSeconds * 10) / 10,
      caughtUpSpansPerS: Math.round((slow + fast) / catchUpSeconds),
      engineCpuUsPerSpan: Math.round((cpu.engine * 1e7) / (slow + fast)) / 10,
      collectorCpuUsPerSpan: Math.round((cpu.collector * 1e7) / (slow + fast)) / 10,
      partsMost,
      questions: {
        asked: asked.length,
        answered: answered.length,
        msMax: Math.round(Math.max(0, ...answered)),
      },
      looks,
      failures,
    };
  }

  private async check(store: Store): Promise<string[]> {
    const { url, key, sender, alarms } = this;
    const wrong = await checkTotals(store, sender.totals, { url, key });
    const found = [...alarms, ...sender.faults, ...wrong];
    if (sender.totals.spans > VERIFIED_SPANS_MAX) {
      return found;
    }
    const { code, output } = await runAicost(['verify'], this.dataDir);
    return code === 0 ? found : [...found, `aicost verify: ${code}: ${output.slice(-500)}`];
  }

  private away(): AwayEngine {
    return this.server === undefined
      ? awayEmbedded(this.collector!, this.dataDir)
      : awayServer(this.server);
  }

  /** Sends until all is acknowledged; how many spans that were. */
  private async send(
    stage: string,
    order: { spansPerS: number | null; seconds: number },
  ): Promise<number> {
    if (order.seconds === 0) {
      return 0;
    }
    this.stage = stage;
    const before = this.sender.acknowledgedSpans;
    const spansPerRequest =
      order.spansPerS === null ? FULL_RATE_SPANS_PER_REQUEST : SPANS_PER_REQUEST;
    const startNs = String(BigInt(Date.now() - 3_600_000) * 1_000_000n);
    const { url, key } = this;
    // Another run id for each order: the two templates have ids of the same places.
    const run = ((Number.parseInt(this.runId, 16) + this.looks.length) >>> 0).toString(16);
    const about = { url, key, run: run.padStart(8, '0'), startNs, spansPerRequest };
    const sent = this.sender.send({ ...about, ...order });
    await this.lookUntil(sent);
    return this.sender.acknowledgedSpans - before;
  }

  private async lookUntil(sent: Promise<void>): Promise<void> {
    let isOver = false;
    const over = sent.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await Promise.race([over, sleep(this.options.lookEveryMs)]);
      await this.look();
    }
    await over;
  }

  private async look(): Promise<void> {
    const { sender, collector, url, key, stage } = this;
    const { bytes, segments } = await readJournal(url);
    const look: Look = {
      second: Math.round((performance.now() - this.startedAtMs) / 1_000),
      stage,
      acknowledgedSpans: sender.acknowledgedSpans,
      resends: sender.resends + (sender.state?.resends ?? 0),
      journalBytes: bytes,
      segments,
      residentBytes: residentBytes(collector!.pid),
      ackMsP50: Math.round(sender.state?.ackMs.p50 ?? 0),
      ackMsMax: Math.round(sender.state?.ackMs.max ?? 0),
      questionMs: await askCosts(url, key),
    };
    this.looks.push(look);
    this.options.progress(describeLook(look));
  }

  /** Until every table has what is acknowledged. */
  private async untilWritten(): Promise<void> {
    const endMs = performance.now() + CATCH_UP_MS_MAX;
    for (let lookAtMs = 0; ; ) {
      const { bytes, segments } = await readJournal(this.url);
      if (bytes === 0 && segments === 0) {
        return;
      }
      if (performance.now() > endMs) {
        throw new Error(`${segments} segments still wait\n${this.collector?.tail}`);
      }
      if (performance.now() > lookAtMs) {
        await this.look();
        lookAtMs = performance.now() + this.options.lookEveryMs;
      }
      await sleep(100);
    }
  }

  private async openStore(): Promise<Store> {
    if (this.server !== undefined) {
      return createStore({ kind: 'server', url: this.server.url, database: 'aicost' });
    }
    const text = await readFile(join(this.dataDir, 'engine', 'engine.address'), 'utf8');
    const { socketPath } = JSON.parse(text) as { socketPath: string };
    return createStore({ kind: 'embedded', socketPath, database: 'aicost' });
  }
}
