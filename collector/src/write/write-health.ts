/**
 * How writing into ClickHouse goes, for /readyz and /metrics. Invariant: it fails from the first attempt that failed
 * until a batch was written or set aside, whatever the batch.
 */
import type { Failure } from './judge-failure.ts';
import type { WriterEvent } from './writer.ts';

const ADVICE: Readonly<Record<Failure['verdict'], string>> = {
  no_answer: 'tried again until it answers',
  retry: 'tried again until it passes',
  operator: 'tried again, but somebody must look at it',
  poison: 'tried again, then set aside',
  unknown: 'tried again, then set aside',
};

export class WriteHealth {
  private readonly nowMs: () => number;
  private failing: { sinceMs: number; attempts: number; failure: Failure } | undefined;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  note(event: WriterEvent): void {
    if (event.kind === 'failed') {
      const { failure } = event;
      const { sinceMs, attempts } = this.failing ?? { sinceMs: this.nowMs(), attempts: 0 };
      this.failing = { sinceMs, attempts: attempts + 1, failure };
    } else if (event.kind === 'written' || event.kind === 'set_aside') {
      this.failing = undefined;
    }
  }

  /** How long nothing could be written; 0 while all is well. */
  get failingSeconds(): number {
    return this.failing === undefined ? 0 : (this.nowMs() - this.failing.sinceMs) / 1000;
  }

  /** In words, with how many segments wait. */
  state(waiting: number): { ok: boolean; detail: string } {
    const { failing } = this;
    const queue = `${waiting} sealed segments wait`;
    if (failing === undefined) {
      return { ok: true, detail: queue };
    }
    const { failure, attempts } = failing;
    const since = `${Math.round(this.failingSeconds)} s, ${attempts} attempts`;
    const what = failure.code === null ? '' : ` (code ${failure.code})`;
    const detail = `nothing could be written for ${since}; ${queue}. ${failure.advice}${what}: ${ADVICE[failure.verdict]}.`;
    return { ok: false, detail };
  }
}
