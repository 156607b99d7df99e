/**
 * What another collector stored so late that the mark of settle had passed its receipt: it was away, or its ClickHouse.
 * Each batch has a number, and a writer stores its batches in the order of these, so that the highest one of each
 * writer tells which passes have not looked at.
 * Invariant: a batch counts as looked at when a later one of its writer was there before the pass began. The highest
 * may be half stored, on one shard and not on another, for as long as its writer is away: it is looked at again and
 * again, ever more seldom.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

/** Of each writer a batch. */
type Batches = ReadonlyMap<string, bigint>;

/** Of writers that went on, the highest batch that passes have looked at; 0 where there is none. */
export interface LateSince {
  readonly writers: readonly string[];
  readonly batches: readonly bigint[];
}

export interface LateBatchesDeps {
  /** Whether passes wait, before they begin, until all that a writer took is stored. */
  readonly isOwn: (writerId: string) => boolean;
  readonly nowMs: () => number;
}

/** When a highest batch is due to be looked at again. */
interface Pause {
  readonly batch: bigint;
  readonly dueMs: number;
  readonly pauseMs: number;
}

/** Noted with the first: nothing was stored then is not the same as nothing was noted. */
const NOBODY = '';
const PAUSE_MS_MIN = 15_000;
const PAUSE_MS_MAX = 3_600_000;
/** Reading it grows with the table: no more than a twentieth of the time is spent on it. */
const REST_FOR_EACH = 20;
const READ_MS_MAX = 3_600_000;

export class LateBatches {
  private readonly deps: LateBatchesDeps;
  /** What settle_marks says was looked at; undefined until it was read. */
  private noted: Batches | undefined;
  /** What was looked at, of writers of which nothing is noted yet as well. */
  private looked: Batches = new Map();
  /** When the pass began; undefined when it did not look. */
  private begun: Batches | undefined;
  /** What holds once the mark is stored. */
  private ending: { readonly noted: Batches; readonly looked: Batches } | undefined;
  private readonly pauses = new Map<string, Pause>();
  /** Of what this pass looks at: a pass that does not come to its end has looked at nothing. */
  private readonly pausesNext = new Map<string, Pause>();
  private nextMs = 0;
  /** Whether another process may have passed what this one took in: then its own may be late as well. */
  private isReplacing = false;

  constructor(deps: LateBatchesDeps) {
    this.deps = deps;
  }

  /** Another process has settled meanwhile: only what it noted counts. */
  restart(): void {
    this.noted = undefined;
    this.looked = new Map();
    this.begun = undefined;
    this.pauses.clear();
    this.nextMs = 0;
    this.isReplacing = true;
  }

  /** At the begin of a pass, once all of this process is stored; undefined when there is nothing to look at. */
  async begin(store: Store): Promise<LateSince | undefined> {
    const nowMs = this.deps.nowMs();
    this.begun = undefined;
    this.ending = undefined;
    this.pausesNext.clear();
    if (nowMs < this.nextMs) return undefined;
    const isFirst = this.noted === undefined;
    this.noted ??= await readNoted(store);
    const begun = await readStored(store);
    // Passes of a release that noted nothing have looked at what they could.
    if (isFirst) this.looked = this.noted.size === 0 ? wholeOf(begun) : this.noted;
    this.begun = begun;
    this.nextMs = nowMs + REST_FOR_EACH * (this.deps.nowMs() - nowMs);
    const writers = [...goneOn(this.looked, begun).keys()].filter(
      (id) => this.isOthers(id) && this.isDue(id, begun.get(id)!, nowMs),
    );
    if (writers.length === 0) return undefined;
    return { writers, batches: writers.map((id) => this.looked.get(id) ?? 0n) };
  }

  /** At the end of a pass: what its mark is to note. */
  end(): Record<string, string> {
    const { begun, noted } = this;
    if (noted === undefined) return {};
    // Also of a pass that did not look, or another process would take it for one of a release that noted nothing.
    const whole = begun === undefined ? this.looked : wholeOf(begun);
    const news = goneOn(noted, whole);
    if (noted.size === 0) news.set(NOBODY, 0n);
    this.ending = { noted: new Map([...noted, ...news]), looked: whole };
    return Object.fromEntries([...news].map(([id, batch]) => [id, String(batch)]));
  }

  /** Once the mark is stored: one that was not has noted nothing. */
  ended(): void {
    if (this.ending === undefined) return;
    const { noted, looked } = this.ending;
    this.noted = noted;
    this.looked = looked;
    for (const [id, pause] of this.pausesNext) this.pauses.set(id, pause);
    this.isReplacing &&= this.begun === undefined;
  }

  private isOthers(id: string): boolean {
    return this.isReplacing || !this.deps.isOwn(id);
  }

  /** Whether the writer has stored another batch since, or its highest was not looked at for long enough. */
  private isDue(id: string, batch: bigint, nowMs: number): boolean {
    const before = this.pauses.get(id);
    const isNew = before === undefined || before.batch !== batch;
    if (!isNew && nowMs < before.dueMs) return false;
    const pauseMs = isNew ? PAUSE_MS_MIN : Math.min(2 * before.pauseMs, PAUSE_MS_MAX);
    this.pausesNext.set(id, { batch, dueMs: nowMs + pauseMs, pauseMs });
    return true;
  }
}

/** Before the highest of each writer: a writer goes on once a batch is in every table. */
function wholeOf(stored: Batches): Batches {
  return new Map([...stored].map(([id, batch]) => [id, batch - 1n]));
}

function goneOn(from: Batches, to: Batches): Map<string, bigint> {
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
      {},
      { timeoutMs: READ_MS_MAX },
    ),
  );
}

async function readNoted(store: Store): Promise<Batches> {
  return batchesOf(
    await store.query<Row>(
      `SELECT noted.1 AS writer, max(noted.2) AS batch
       FROM (SELECT arrayJoin(CAST(stored, 'Array(Tuple(String, UInt64))')) AS noted FROM ${store.database}.settle_marks)
       GROUP BY writer`,
    ),
  );
}
