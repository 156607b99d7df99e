/**
 * Batches that were whole only long after the first of their rows could be seen: a table or a shard had no room, or the
 * collector ended in between. Whoever stores such a batch says so, in `settle_marks`, before it lets go of it: passes
 * may have looked at half of it.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { insertMark } from './settle-marks.ts';

/** In `stored` of a mark: what was told, and up to where passes have looked at what was told. Never a writer's id. */
const TOLD = 'told/';
const LOOKED = 'looked/';
/** Clocks of collectors differ by less; what was read twice is known. */
const CLOCKS_MS = 3_600_000;

/** Says that a batch is whole now. Rejects with StoreError. */
export function tellBatch(
  store: Store,
  { writerId, batchSeq }: { writerId: string; batchSeq: number },
  nowMs: number,
): Promise<void> {
  return insertMark(store, { stored: { [TOLD + writerId]: String(batchSeq) } }, nowMs);
}

const byNumber = (a: bigint, b: bigint): number => Number(a - b);

interface Row {
  readonly key: string;
  readonly batch: string;
}

export class ToldBatches {
  private readonly nowMs: () => number;
  private readSinceMs = 0;
  /** Of each writer, the batches that were told and not looked at, and the highest that was looked at. */
  private readonly told = new Map<string, Set<bigint>>();
  private readonly looked = new Map<string, bigint>();
  private pending: ReadonlyMap<string, readonly bigint[]> = new Map();

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Of each writer the lowest batch that was told and not looked at since. */
  async begin(store: Store): Promise<Map<string, bigint>> {
    const beganMs = this.nowMs();
    for (const { key, batch } of await this.read(store)) this.learn(key, BigInt(batch));
    this.readSinceMs = beganMs - CLOCKS_MS;
    this.pending = new Map(
      [...this.told].map(([writer, batches]) => [writer, [...batches].sort(byNumber)]),
    );
    return new Map([...this.pending].map(([writer, [lowest]]) => [writer, lowest!]));
  }

  /** What the mark is to note of the pass that ended. */
  end(): Record<string, string> {
    const noted = [...this.pending].map(([writer, batches]) => [writer, batches.at(-1)!] as const);
    for (const [writer, batch] of noted) this.learn(LOOKED + writer, batch);
    this.pending = new Map();
    return Object.fromEntries(noted.map(([writer, batch]) => [LOOKED + writer, String(batch)]));
  }

  /** Batches of a writer are told in their order: what is not above one that was looked at was looked at too. */
  private learn(key: string, batch: bigint): void {
    const writer = key.slice(key.indexOf('/') + 1);
    const looked = this.looked.get(writer) ?? 0n;
    const told = this.told.get(writer) ?? new Set();
    if (key.startsWith(TOLD)) {
      if (batch > looked) this.told.set(writer, told.add(batch));
      return;
    }
    if (batch > looked) this.looked.set(writer, batch);
    for (const one of told) if (one <= batch) told.delete(one);
    if (told.size === 0) this.told.delete(writer);
  }

  private read(store: Store): Promise<Row[]> {
    return store.query<Row>(
      `SELECT noted.1 AS key, noted.2 AS batch
       FROM (SELECT arrayJoin(CAST(stored, 'Array(Tuple(String, UInt64))')) AS noted FROM ${store.database}.settle_marks
         WHERE recorded_at >= fromUnixTimestamp64Milli({since:Int64}))
       WHERE startsWith(key, '${TOLD}') OR startsWith(key, '${LOOKED}')`,
      { since: Math.max(0, this.readSinceMs) },
    );
  }
}
