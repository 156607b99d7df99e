/**
 * A process that sends requests of the reference payload over OTLP/HTTP, encoded before, with other ids in each.
 * Started by sender.ts, so that what sending costs is nobody's CPU but its own.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { DEFAULT_DECODE_LIMITS } from '@ai-cost-profiler/collector/decode/decode-error.ts';
import { decodeTracesProtobuf } from '@ai-cost-profiler/collector/decode/decode-protobuf.ts';
import { SpanView } from '@ai-cost-profiler/collector/decode/span-view.ts';
import { referenceRequests } from '../corpus/reference.ts';
import type { CorpusRequest } from '../corpus/request.ts';
import { sleep } from '../wait.ts';
import type { SendReport, SendWish } from './sending.ts';

const POOL = 16;

interface Prepared {
  readonly request: CorpusRequest;
  /** Where the id of its first span is. */
  readonly idAt: number;
}

function prepare(wish: SendWish): Prepared[] {
  const next = referenceRequests(wish.variant, wish.seed);
  return Array.from({ length: POOL }, () => {
    const made = next();
    let idAt = -1;
    const span = (view: SpanView) => {
      if (idAt === -1) idAt = view.spanIdStart;
    };
    decodeTracesProtobuf(made.bytes, { span }, DEFAULT_DECODE_LIMITS, new SpanView());
    return { request: made, idAt };
  });
}

class Sending {
  private readonly wish: SendWish;
  private readonly pool: readonly Prepared[];
  private readonly agent: Agent;
  private readonly ackMs: number[] = [];
  private readonly ackedIds: string[] = [];
  private readonly sentIds: string[] = [];
  private readonly refused: Record<string, number> = {};
  private ackedSpans = 0;
  private dropped = 0;
  private busy = 0;
  private sent = 0;

  constructor(wish: SendWish) {
    this.wish = wish;
    this.pool = prepare(wish);
    this.agent = new Agent({ keepAlive: true, maxSockets: wish.connections });
  }

  async run(): Promise<SendReport> {
    const startedMs = performance.now();
    const { load, connections } = this.wish;
    if (load.kind === 'seconds' && load.spansPerS !== undefined) {
      await this.atRate(load.seconds, load.spansPerS, load.isDropped ?? false);
    } else {
      const isOver = () =>
        load.kind === 'requests'
          ? this.sent >= load.requests
          : performance.now() - startedMs > load.seconds * 1000;
      await Promise.all(Array.from({ length: connections }, () => this.oneByOne(isOver)));
    }
    const wallMs = performance.now() - startedMs;
    this.agent.destroy();
    return {
      ...{ sentRequests: this.sent, ackedRequests: this.ackedIds.length, wallMs },
      ...{ ackedSpans: this.ackedSpans, refused: this.refused, dropped: this.dropped },
      ackMs: this.ackMs.toSorted((a, b) => a - b),
      ...{ ackedIds: this.ackedIds, sentIds: this.sentIds },
    };
  }

  private async oneByOne(isOver: () => boolean): Promise<void> {
    while (!isOver()) await this.send(performance.now());
  }

  private async atRate(seconds: number, spansPerS: number, isDropped: boolean): Promise<void> {
    const startMs = performance.now();
    const everyMs = (this.pool[0]!.request.spans / spansPerS) * 1000;
    const running = new Set<Promise<void>>();
    for (let n = 0; n * everyMs < seconds * 1000; n++) {
      const dueMs = startMs + n * everyMs;
      while (performance.now() < dueMs) await sleep(Math.max(0, dueMs - performance.now() - 0.5));
      if (isDropped && this.busy >= this.wish.connections) {
        this.dropped++;
        // The answers of others must be read in between.
        if (n % 8 === 0) await sleep(0);
        continue;
      }
      const one = this.send(dueMs).finally(() => running.delete(one));
      running.add(one);
    }
    await Promise.all(running);
  }

  private async send(dueMs: number): Promise<void> {
    const { request: made, idAt } = this.pool[this.sent % POOL]!;
    const body = made.renew(1 + Math.floor(this.sent / POOL));
    const id = body.toString('hex', idAt, idAt + 8);
    this.sent++;
    this.sentIds.push(id);
    this.busy++;
    const status = await this.post(body);
    this.busy--;
    if (status === 200) {
      this.ackMs.push(performance.now() - dueMs);
      this.ackedIds.push(id);
      this.ackedSpans += made.spans;
    } else {
      this.refused[status] = (this.refused[status] ?? 0) + 1;
    }
  }

  /** The status; 0 where there was no answer. */
  private post(body: Buffer): Promise<number> {
    return new Promise((resolve) => {
      const headers = {
        'x-api-key': this.wish.key,
        'content-type': 'application/x-protobuf',
        'content-length': body.length,
      };
      const url = `${this.wish.url}/v1/traces`;
      let answer: IncomingMessage | undefined;
      const options = { method: 'POST', headers, agent: this.agent };
      const asked = request(url, options, (answered) => {
        answer = answered;
        answered.on('error', () => undefined);
        answered.resume();
      });
      asked.on('error', () => undefined);
      // Comes after an answer, an error, or a connection that was closed without either.
      asked.once('close', () => resolve(answer?.complete === true ? (answer.statusCode ?? 0) : 0));
      asked.end(body);
    });
  }
}

process.once('message', async (wish: SendWish) => {
  const report = await new Sending(wish).run();
  // A long report is written in several steps: the channel stays until all of it is.
  process.send?.(report, undefined, undefined, () => process.disconnect?.());
});
