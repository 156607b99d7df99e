/**
 * Stores how the collector is, once a minute. While ClickHouse is away rows wait in memory, so that the table tells
 * afterwards how it was; a gap tells that the collector itself was down. Best effort: what waits when the process ends
 * is lost, and beyond a bound the oldest are given up. One insert at a time, and never a reason to fail.
 */
import { aborted, type Timers } from '../timers.ts';
import type { HealthRow } from './health-row.ts';

export interface HealthRecorderDeps {
  readonly read: () => Promise<HealthRow>;
  /** Inserts rows; rejects while ClickHouse is away. */
  readonly insert: (rows: readonly HealthRow[]) => Promise<void>;
  /** Resolves once the tables are there. */
  readonly prepared: Promise<unknown>;
  readonly timers: Pick<Timers, 'every'>;
  /** Told of the first failure after a success, and not of those that follow it. */
  readonly onFailed: (error: unknown) => void;
}

export interface HealthRecorder {
  /** Stores a last row, at most until `deadline` fires. */
  stop(deadline: AbortSignal): Promise<void>;
}

const EVERY_MS = 60_000;
/** A day of rows. */
const ROWS_MAX = 1440;

export function startHealthRecorder(deps: HealthRecorderDeps): HealthRecorder {
  const recorder = new Recorder(deps);
  const end = deps.timers.every(EVERY_MS, () => void recorder.record());
  // Tables that cannot be made end the collector elsewhere. The first row says that it is up.
  deps.prepared.then(
    () => recorder.begin(),
    () => undefined,
  );
  return {
    async stop(deadline) {
      end();
      await Promise.race([recorder.recordLast(), aborted(deadline)]);
    },
  };
}

class Recorder {
  private readonly deps: HealthRecorderDeps;
  private rows: HealthRow[] = [];
  private isPrepared = false;
  private isFailing = false;
  private storing: Promise<void> | undefined;

  constructor(deps: HealthRecorderDeps) {
    this.deps = deps;
  }

  begin(): Promise<void> {
    this.isPrepared = true;
    return this.record();
  }

  /** A store that does not answer would only make the end take longer. */
  async recordLast(): Promise<void> {
    if (this.isPrepared && !this.isFailing) await this.record();
  }

  /** Never rejects. */
  async record(): Promise<void> {
    try {
      this.rows.push(await this.deps.read());
      if (this.rows.length > ROWS_MAX) this.rows.shift();
      // What came meanwhile goes with the next insert, or with one more at the end.
      await this.storing;
      if (this.isPrepared) await this.store();
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.deps.onFailed(error);
      this.isFailing = true;
    }
  }

  private store(): Promise<void> {
    this.storing ??= this.insert().finally(() => {
      this.storing = undefined;
    });
    return this.storing;
  }

  private async insert(): Promise<void> {
    const batch = [...this.rows];
    await this.deps.insert(batch);
    const inserted = new Set(batch);
    this.rows = this.rows.filter((row) => !inserted.has(row));
  }
}
