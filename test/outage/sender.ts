/**
 * The sender, a process of its own, so that its CPU and memory are not the collector's: requests at a rate, or as fast
 * as they are answered, each sent again until it is acknowledged. Told by its parent what to do, tells it what came
 * of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { closeConnections, postSignal } from '../kill/post-signal.ts';
import { RequestTemplate } from './request-template.ts';

/** What to send; `spansPerS` null: as fast as it is taken. */
export interface SendOrder {
  readonly url: string;
  readonly key: string;
  readonly run: string;
  /** In nanoseconds since 1970, as text: a message holds no BigInt. */
  readonly startNs: string;
  readonly spansPerRequest: number;
  readonly spansPerS: number | null;
  readonly seconds: number;
  /** The number of the first request. */
  readonly firstRequest: number;
}

/** How far it is. Totals of what was acknowledged, as texts. */
export interface SendState {
  readonly isDone: boolean;
  readonly requests: number;
  readonly acknowledged: number;
  readonly resends: number;
  readonly faults: readonly string[];
  readonly totals: Readonly<Record<string, string>>;
  /** Milliseconds to an acknowledgement, over the last second: median and worst. */
  readonly ackMs: { readonly p50: number; readonly max: number };
}

const IN_FLIGHT_MAX = 16;
const IN_FLIGHT_FULL_RATE = 6;
const TICK_MS = 20;
const TELL_MS = 500;

class Sending {
  private readonly order: SendOrder;
  private readonly template: RequestTemplate;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly faults: string[] = [];
  private requests = 0;
  private acknowledged = 0;
  private resends = 0;
  private latencies: number[] = [];

  constructor(order: SendOrder) {
    this.order = order;
    this.template = new RequestTemplate(order.spansPerRequest, BigInt(order.startNs), order.run);
  }

  async run(): Promise<void> {
    const { seconds, spansPerS, spansPerRequest } = this.order;
    const telling = setInterval(() => this.tell(false), TELL_MS);
    const startMs = performance.now();
    const most = spansPerS === null ? IN_FLIGHT_FULL_RATE : IN_FLIGHT_MAX;
    for (;;) {
      const elapsedS = (performance.now() - startMs) / 1_000;
      if (elapsedS >= seconds) {
        break;
      }
      const due = spansPerS === null ? Infinity : (elapsedS * spansPerS) / spansPerRequest;
      while (this.requests < due && this.inFlight.size < most) {
        this.begin(this.order.firstRequest + this.requests++);
      }
      await Promise.race([...this.inFlight, sleep(TICK_MS)]);
    }
    await Promise.all(this.inFlight);
    clearInterval(telling);
    this.tell(true);
  }

  private begin(n: number): void {
    const sent = this.deliver(this.template.request(n)).finally(() => this.inFlight.delete(sent));
    this.inFlight.add(sent);
  }

  private async deliver(body: Buffer): Promise<void> {
    const { url, key } = this.order;
    const raw = { signal: 'traces', encoding: 'protobuf', isGzipped: false, body } as const;
    for (;;) {
      const startMs = performance.now();
      const answer = await postSignal(url, key, raw);
      if (answer.kind === 'acknowledged') {
        this.acknowledged++;
        this.latencies.push(performance.now() - startMs);
        return;
      }
      if (answer.kind === 'fault') {
        this.faults.push(answer.why);
        return;
      }
      this.resends++;
      await sleep(100 + Math.random() * 200);
    }
  }

  private tell(isDone: boolean): void {
    const { requests, acknowledged, resends, faults, template } = this;
    const sorted = this.latencies.toSorted((a, b) => a - b);
    this.latencies = [];
    const totals = Object.fromEntries(
      Object.entries(template.totals).map(([name, each]) => [
        name,
        String((each as bigint) * BigInt(acknowledged)),
      ]),
    );
    const ackMs = { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
    const state = { isDone, requests, acknowledged, resends, faults, totals, ackMs };
    process.send?.(state satisfies SendState);
  }
}

process.on('message', (order: SendOrder) => {
  // Its parent sees a process that ends, and says so.
  void new Sending(order).run();
});
process.once('disconnect', () => {
  closeConnections();
  // Whoever wanted it sent is gone.
  process.kill(process.pid, 'SIGTERM');
});
