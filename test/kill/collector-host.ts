/**
 * The collector on one data directory over all its lives: started, awaited, struck, and started again on the same
 * address, as a supervisor such as systemd would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CollectorProcess, timeZoneOf } from './collector-process.ts';
import type { EngineServer } from './engine-server.ts';
import { watchFor } from './journal-watch.ts';
import type { PlannedKill, Surroundings } from './kill-plan.ts';
import type { LogFindings } from './log-findings.ts';
import type { Random } from './random.ts';

export interface HostOptions {
  readonly dataDir: string;
  readonly port: number;
  /** Used where ClickHouse is to be a server of its own. */
  readonly server: EngineServer;
  /** Leads there through faults. */
  readonly proxyUrl: string;
  /** What the first life is started into; each kill says what the next one is. */
  readonly surroundings: Surroundings;
  /** The JSON of AICOST_INIT_KEYS. */
  readonly initKeys: string;
  readonly findings: LogFindings;
  readonly random: Random;
  /** Told of each life that ended without being killed. */
  readonly onOwnEnd: (about: string) => void;
}

const READY_MS_MAX = 45_000;
const STARTS_IN_A_ROW_MAX = 4;

export class CollectorHost {
  /** Where to send; stays the same over all lives. */
  readonly url: string;
  private readonly options: HostOptions;
  private readonly started: CollectorProcess[] = [];
  private collector: CollectorProcess | undefined;
  private surroundings: Surroundings;

  constructor(options: HostOptions) {
    this.options = options;
    this.surroundings = options.surroundings;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  get current(): CollectorProcess {
    if (this.collector === undefined) {
      throw new Error('no collector was started yet');
    }
    return this.collector;
  }

  /** Where ClickHouse is a server of its own now. */
  get serverUrl(): string | undefined {
    return this.surroundings.isServer ? this.options.server.url : undefined;
  }

  start(): void {
    const { dataDir, port, initKeys, findings, server } = this.options;
    const { timeZone, isServer, isFaulty } = this.surroundings;
    const serverUrl = isFaulty ? this.options.proxyUrl : server.url;
    if (isServer && server.pid === undefined) {
      server.start();
    }
    this.collector = new CollectorProcess({
      dataDir,
      port,
      timeZone,
      clickhouseUrl: isServer ? serverUrl : undefined,
      initKeys,
      onLog: (line) => findings.read(line),
    });
    this.started.push(this.collector);
  }

  /** Until spans and questions are answered; a collector that ended on its own is told of and started again. */
  async untilReady(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const collector = this.current;
      const isUp = await within(collector.ready, READY_MS_MAX, `no start\n${collector.tail}`);
      if (isUp) {
        if (await watchFor(() => this.answers(), READY_MS_MAX)) {
          return;
        }
        if (collector.end === undefined) {
          throw new Error(`the collector is not ready for queries\n${collector.tail}`);
        }
      }
      const { code, signal } = await collector.ended;
      const last = collector.tail.split('\n').at(-1)?.slice(0, 400);
      const about = `the collector ended on its own (code ${code}, signal ${signal}): ${last}`;
      this.options.onOwnEnd(about);
      if (attempt === STARTS_IN_A_ROW_MAX) {
        throw new Error(`the collector ended ${attempt} times in a row\n${collector.tail}`);
      }
      this.start();
    }
  }

  /** Whether nothing waits in the journal. */
  async isDrained(): Promise<boolean> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const waiting = /^aicost_journal_(?:bytes|segments\{state="(?:open|sealed)"\}) (\d+)$/gm;
    const values = [...text.matchAll(waiting)].map((match) => Number(match[1]));
    return values.length === 3 && values.every((value) => value === 0);
  }

  engineTimeZone(): string | undefined {
    return timeZoneOf(this.options.server.pid ?? this.current.enginePid());
  }

  /** Kills as planned and starts what will not start itself. False when there was no engine to kill. */
  async strike(kill: PlannedKill): Promise<boolean> {
    const collector = this.current;
    const { random } = this.options;
    if (kill.victim === 'engine') {
      return this.killEngine(true);
    }
    if (kill.victim === 'drain') {
      collector.signal('SIGTERM');
      await sleep(random.below(900));
    }
    const isEngineFirst = kill.victim === 'both' && random.chance(0.5);
    if (isEngineFirst) {
      await this.killEngine(false);
      await sleep(random.below(30));
    }
    collector.signal('SIGKILL');
    if (kill.victim === 'both') {
      await sleep(isEngineFirst ? 0 : random.below(30));
      await this.killEngine(false);
      collector.killOrphans();
    }
    await collector.ended;
    this.surroundings = kill.after;
    // Often at once: then the engine of the killed one may still live.
    await sleep(random.chance(0.5) ? 0 : random.below(800));
    this.start();
    return true;
  }

  /** SIGTERM, waited for. Returns what was wrong with the end; undefined when it was clean. */
  async stop(): Promise<string | undefined> {
    const collector = this.current;
    collector.signal('SIGTERM');
    const { code, signal } = await within(collector.ended, 30_000, 'SIGTERM does not end it');
    return code === 0
      ? undefined
      : `SIGTERM after all: expected code 0, got code ${code}, signal ${signal}`;
  }

  /** Kills whatever of any life is left. */
  async end(): Promise<void> {
    await this.options.server.kill();
    for (const collector of this.started) {
      await collector.kill();
    }
  }

  /** The collector starts its own engine again; a server is started again here. */
  private async killEngine(isStartedAgain: boolean): Promise<boolean> {
    const { server } = this.options;
    if (server.pid === undefined) {
      return this.current.killEngine();
    }
    await server.kill();
    if (isStartedAgain) {
      server.start();
    }
    return true;
  }

  private async answers(): Promise<boolean> {
    if (this.current.end !== undefined) {
      return false;
    }
    try {
      const signal = AbortSignal.timeout(3_000);
      return (await fetch(`${this.url}/readyz?for=query`, { signal })).ok;
    } catch (error) {
      return !(error instanceof Error);
    }
  }
}

/** Rejects with `what` when the promise takes longer. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what} (within ${timeoutMs / 1000} s)`)),
    timeoutMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
