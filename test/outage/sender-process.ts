/** The sender's process, from outside. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Totals } from './request-template.ts';
import type { SendOrder, SendState } from './sender.ts';

const SENDER = fileURLToPath(new URL('./sender.ts', import.meta.url));

export class SenderProcess {
  /** What was acknowledged over all orders. */
  readonly totals: Totals = { spans: 0n, calls: 0n, inTokens: 0n, outTokens: 0n, costAtto: 0n };
  readonly faults: string[] = [];
  resends = 0;
  state: SendState | undefined;
  private readonly child: ChildProcess = fork(SENDER, { execArgv: [] });
  private requests = 0;

  /** Resolves when all of it is acknowledged. Rejects when the process ends before. */
  async send(order: Omit<SendOrder, 'firstRequest'>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<SendState>();
    const onMessage = (state: SendState) => {
      this.state = state;
      if (state.isDone) {
        resolve(state);
      }
    };
    const onExit = (code: number | null) => reject(new Error(`the sender ended with ${code}`));
    this.child.on('message', onMessage).once('exit', onExit);
    this.child.send({ ...order, firstRequest: this.requests } satisfies SendOrder);
    const last = await promise.finally(() => {
      this.child.off('message', onMessage).off('exit', onExit);
    });
    this.requests += last.requests;
    this.resends += last.resends;
    this.faults.push(...last.faults);
    this.state = undefined;
    for (const name of Object.keys(this.totals) as (keyof Totals)[]) {
      this.totals[name] += BigInt(last.totals[name] ?? 0);
    }
  }

  /** Spans acknowledged so far, those of the order under way included. */
  get acknowledgedSpans(): number {
    return Number(this.totals.spans) + Number(this.state?.totals['spans'] ?? 0);
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}
