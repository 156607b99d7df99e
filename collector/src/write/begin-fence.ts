/**
 * An insert to a server may be on its way when we stop waiting for it: in a network, or in the socket of a server
 * that hangs. If it began after we had looked for its rows, they would be stored twice. So each insert carries an
 * instant, by the server's own clock, after which it refuses to begin; and after doubt the writer waits until that
 * instant is over. From then on an insert has begun and can be seen running, has ended, or never will begin.
 * The embedded engine needs none of it: there is nothing between it and us, and it is gone before another is started.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';

/** How long an insert may take to begin, at first; the longer the more bytes go before. */
const BEGIN_MS = 4_000;
const BYTES_PER_S = 8_000_000;
/** What an earlier process gave is not known: somewhat more than a first insert gets. */
const EARLIER_PATIENCE = 1.5;
const PATIENCE_MAX = 32;
/** Clocks drift by less than a millisecond in this time. */
const MEASURE_EVERY_MS = 30_000;
const POLL_MS_MAX = 1_000;
/** FUNCTION_THROW_IF_VALUE_IS_NON_ZERO. */
const THROW_IF_CODE = 395;
const TOO_LATE = 'aicost: this insert began after its time';

/** Whether it is the fence that kept an insert from running. */
export function isTooLate(error: StoreError): boolean {
  return error.code === THROW_IF_CODE && error.message.includes(TOO_LATE);
}

function allowedMs(bytes: number): number {
  return BEGIN_MS + (bytes / BYTES_PER_S) * 1_000;
}

export interface FenceOptions {
  readonly store: Pick<Store, 'query'>;
  /** Our own clock, by which the server's is reckoned between readings. After a jump an insert is refused at worst. */
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export class BeginFence {
  private readonly options: FenceOptions;
  /** The server's clock, as it was read. */
  private measured: { serverMs: number; atMs: number } | undefined;
  /** By the server's clock: nothing of ours that was sent so far begins after it. */
  private lastMs = 0;
  /** When the server first answered us: an earlier process sent nothing after it. */
  private firstMs: number | undefined;
  private patience = 1;

  constructor(options: FenceOptions) {
    this.options = options;
  }

  /** The condition under which rows of an insert of so many bytes, sent now, are taken. Rejects with StoreError. */
  async condition(bytes: number): Promise<string> {
    const serverMs = await this.serverMs();
    const deadlineMs = Math.ceil(serverMs + allowedMs(bytes) * this.patience);
    this.lastMs = Math.max(this.lastMs, deadlineMs);
    return `throwIf(now64(3) >= fromUnixTimestamp64Milli(toInt64(${deadlineMs})), '${TOO_LATE}') = 0`;
  }

  /**
   * Resolves when no insert of this segment that was sent before can begin any more, be it ours or that of an earlier
   * process. Rejects with StoreError, or when stopped.
   */
  async passed(
    { isRecovered, dataBytes }: { isRecovered: boolean; dataBytes: number },
    stopping: AbortSignal,
  ): Promise<void> {
    const earlierMs = isRecovered ? allowedMs(dataBytes) * EARLIER_PATIENCE : 0;
    for (;;) {
      stopping.throwIfAborted();
      const serverMs = await this.measure();
      const untilMs = Math.max(this.lastMs, (this.firstMs ?? serverMs) + earlierMs);
      if (serverMs >= untilMs) {
        return;
      }
      await this.options.sleep(Math.min(POLL_MS_MAX, untilMs - serverMs + 1));
    }
  }

  /** ClickHouse was late: the next insert may be twice as late. */
  giveMoreTime(): void {
    this.patience = Math.min(PATIENCE_MAX, this.patience * 2);
    this.measured = undefined;
  }

  /** The last insert answered, and those before it were waited for: nothing of ours is under way. */
  written(): void {
    this.patience = 1;
    this.lastMs = 0;
  }

  private async serverMs(): Promise<number> {
    const { measured } = this;
    const ageMs = measured === undefined ? undefined : this.options.nowMs() - measured.atMs;
    return measured === undefined || ageMs === undefined || ageMs > MEASURE_EVERY_MS
      ? this.measure()
      : measured.serverMs + ageMs;
  }

  private async measure(): Promise<number> {
    const rows = await this.options.store.query<{ ms: string }>(
      'SELECT toUnixTimestamp64Milli(now64(3)) AS ms',
    );
    const serverMs = Number(rows[0]?.ms);
    if (!Number.isSafeInteger(serverMs)) {
      throw new Error(`the clock of ClickHouse: expected milliseconds, got ${rows[0]?.ms}`);
    }
    this.firstMs ??= serverMs;
    this.measured = { serverMs, atMs: this.options.nowMs() };
    return serverMs;
  }
}
