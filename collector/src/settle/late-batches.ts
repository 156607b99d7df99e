/**
 * What another collector stored so late that the mark of settle had passed its receipt: it was away, or its ClickHouse.
 * Each batch has a number, and a writer stores its batches in the order of these, so that the highest one of each
 * writer tells which passes have not looked at.
 * Invariant: a batch counts as looked at when it was there before the last pass but one that ended began. It may have
 * been half stored the first time, and so it is looked at twice: that changes nothing. One that was half stored for
 * longer is told of by its writer (told-batches.ts).
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { ToldBatches } from './told-batches.ts';

/** Of each writer the highest batch. */
type Batches = ReadonlyMap<string, bigint>;

/** Of writers that went on, the highest batch that passes have looked at; 0 where there is none. */
export interface LateSince {
  readonly writers: readonly string[];
  readonly batches: readonly bigint[];
}

/** Noted with the first: nothing was stored then is not the same as nothing was noted. */
const NOBODY = '';

export class LateBatches {
  private readonly isOwn: (writerId: string) => boolean;
  /** What settle_marks says was looked at; undefined until it was read. */
  private noted: Batches | undefined;
  /** When the newest pass began, and when the last one that ended did. */
  private begun: Batches = new Map();
  private before: Batches | undefined;
  /** Whether another process may have passed what this one took in: then its own may be late as well. */
  private isReplacing = false;
  private readonly told: ToldBatches;

  /** `isOwn`: whether passes wait, before they begin, until all that a writer took is stored. */
  constructor(isOwn: (writerId: string) => boolean, nowMs: () => number) {
    this.isOwn = isOwn;
    this.told = new ToldBatches(nowMs);
  }

  /** Another process has settled meanwhile: only what it noted counts. */
  restart(): void {
    this.noted = undefined;
    this.begun = new Map();
    this.before = undefined;
    this.isReplacing = true;
  }

  /** At the begin of a pass, once all of this process is stored; undefined when nobody else stored anything. */
  async begin(store: Store): Promise<LateSince | undefined> {
    this.noted ??= await readNoted(store);
    // Before what is stored is read: what is told later is found by the next pass.
    const told = await this.told.begin(store);
    this.begun = await readStored(store);
    // Passes of a release that noted nothing have looked at what they could.
    this.before ??= this.noted.size === 0 ? this.begun : this.noted;
    const looked = this.noted.size === 0 ? this.before : this.noted;
    const writers = [...goneOn(looked, this.begun).keys()].filter(
      (id) => this.isReplacing || !this.isOwn(id),
    );
    const since = new Map(writers.map((id) => [id, looked.get(id) ?? 0n]));
    for (const [id, batch] of told) {
      const before = since.get(id);
      if (before === undefined || before >= batch) since.set(id, batch - 1n);
    }
    if (since.size === 0) return undefined;
    return { writers: [...since.keys()], batches: [...since.values()] };
  }

  /** At the end of a pass: what its mark is to note. */
  end(): Record<string, string> {
    const [noted, now] = [this.noted ?? new Map(), new Map(this.before).set(NOBODY, 0n)];
    const news = noted.size === 0 ? now : goneOn(noted, now);
    this.noted = now;
    this.before = this.begun;
    this.isReplacing = false;
    const looked = Object.fromEntries([...news].map(([id, batch]) => [id, String(batch)]));
    return { ...looked, ...this.told.end() };
  }
}

function goneOn(from: Batches, to: Batches): Batches {
  return new Map([...to].filter(([id, batch]) => batch > (from.get(id) ?? 0n)));
}

interface Row {
  readonly writer: string;
  readonly batch: string;
}

const batchesOf = (rows: readonly Row[]): Batches =>
  new Map(rows.map(({ writer, batch }) => [writer, BigInt(batch)]));

async function readStored(store: Store): Promise<Batches> {
  return batchesOf(
    await store.query<Row>(
      `SELECT writer_id AS writer, max(batch_seq) AS batch FROM ${store.database}.traces GROUP BY writer_id`,
    ),
  );
}

async function readNoted(store: Store): Promise<Batches> {
  return batchesOf(
    await store.query<Row>(
      `SELECT noted.1 AS writer, max(noted.2) AS batch
       FROM (SELECT arrayJoin(CAST(stored, 'Array(Tuple(String, UInt64))')) AS noted FROM ${store.database}.settle_marks)
       WHERE position(writer, '/') = 0 GROUP BY writer`,
    ),
  );
}
