/**
 * What another collector stored so late that the mark of settle had passed its receipt: it was away, or its ClickHouse.
 * Each batch has a number, and a writer stores its batches in the order of these, so that the highest one of each
 * writer tells which passes have not looked at.
 * Invariant: a batch counts as looked at when a later one of its writer was there before the pass began. The highest
 * may be half stored, on one shard and not on another, for as long as its writer is away: it is looked at again and
 * again, ever more seldom, for a week. Then the writer counts as gone, and the batch as whole.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

/** Of each writer a batch. */
type Batches = ReadonlyMap<string, bigint>;

/** What a mark says of a writer, and since when one does. */
interface Noted {
  readonly batch: bigint;
  readonly sinceMs: number;
}

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
/** A data directory that is away for longer and then completes its last batch is not noticed by it. */
const AWAY_MS_MAX = 7 * 86_400_000;
/** A server takes parameters of 128 KiB at most: these are a third of that. The others have their turn next. */
const WRITERS_PER_PASS = 1_000;
/** Reading it grows with the table: no more than a twentieth of the time is spent on it. */
const REST_FOR_EACH = 20;
const READ_MS_MAX = 3_600_000;

export class LateBatches {
  private readonly deps: LateBatchesDeps;
  /** What settle_marks says was looked at; undefined until it was read. */
  private noted: ReadonlyMap<string, Noted> | undefined;
  /** What was looked at, of writers of which nothing is noted yet as well. */
  private looked: Batches = new Map();
  /** When the pass began, without those that it leaves to the next; undefined when it did not look. */
  private begun: Batches | undefined;
  /** What holds once the mark is stored. */
  private ending:
    | { readonly noted: ReadonlyMap<string, Noted>; readonly looked: Batches }
    | undefined;
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
    // Both, or neither: with one of them alone all that was ever stored would count as late.
    const noted = this.noted ?? (await readNoted(store));
    const stored = await readStored(store);
    if (this.noted === undefined) {
      // Passes of a release that noted nothing have looked at what they could.
      this.looked = noted.size === 0 ? wholeOf(stored) : batchesOf(noted);
      this.noted = noted;
    }
    this.nextMs = nowMs + REST_FOR_EACH * (this.deps.nowMs() - nowMs);
    const due = [...goneOn(this.looked, stored).keys()]
      .filter((id) => this.isOthers(id) && this.isDue(id, stored.get(id)!, nowMs))
      .sort((a, b) => (this.pauses.get(a)?.dueMs ?? 0) - (this.pauses.get(b)?.dueMs ?? 0));
    const writers = due.slice(0, WRITERS_PER_PASS);
    const left = new Set(due.slice(WRITERS_PER_PASS));
    this.begun = new Map([...stored].filter(([id]) => !left.has(id)));
    for (const id of writers) this.pausesNext.set(id, this.pauseAfter(id, stored.get(id)!, nowMs));
    if (writers.length === 0) return undefined;
    return { writers, batches: writers.map((id) => this.looked.get(id) ?? 0n) };
  }

  /** At the end of a pass: what its mark is to note. */
  end(): Record<string, string> {
    const { begun, noted } = this;
    if (noted === undefined) return {};
    const nowMs = this.deps.nowMs();
    const whole = new Map(this.looked);
    for (const [id, batch] of wholeOf(begun ?? new Map())) {
      const through = this.isGone(id, batch, nowMs) ? batch + 1n : batch;
      if (through >= (whole.get(id) ?? 0n)) whole.set(id, through);
    }
    // Also of a pass that did not look, or another process would take it for one of a release that noted nothing.
    const news = new Map([...whole].filter(([id, batch]) => batch > (noted.get(id)?.batch ?? -1n)));
    if (noted.size === 0) news.set(NOBODY, 0n);
    const notedNow = [...news].map(([id, batch]) => [id, { batch, sinceMs: nowMs }] as const);
    this.ending = { noted: new Map([...noted, ...notedNow]), looked: whole };
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
    return before === undefined || before.batch !== batch || nowMs >= before.dueMs;
  }

  private pauseAfter(id: string, batch: bigint, nowMs: number): Pause {
    const before = this.pauses.get(id);
    const isNew = before === undefined || before.batch !== batch;
    const pauseMs = isNew ? PAUSE_MS_MIN : Math.min(2 * before.pauseMs, PAUSE_MS_MAX);
    return { batch, dueMs: nowMs + pauseMs, pauseMs };
  }

  /**
   * Whether the batch after `whole` was the highest of its writer for a week, and this pass looked at it. Not by marks
   * alone: they do not tell a batch of today, of a writer that counted as gone before, from one that is a week old.
   */
  private isGone(id: string, whole: bigint, nowMs: number): boolean {
    const noted = this.noted?.get(id);
    const isOld = noted?.batch === whole && nowMs - noted.sinceMs >= AWAY_MS_MAX;
    return isOld && this.pausesNext.get(id)?.pauseMs === PAUSE_MS_MAX;
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

const batchesOf = (noted: ReadonlyMap<string, Noted>): Batches =>
  new Map([...noted].map(([id, { batch }]) => [id, batch]));

async function readStored(store: Store): Promise<Batches> {
  const rows = await store.query<Row>(
    `SELECT writer_id AS writer, max(batch_seq) AS batch FROM ${store.database}.traces GROUP BY writer_id`,
    {},
    { timeoutMs: READ_MS_MAX },
  );
  return new Map(rows.map(({ writer, batch }) => [writer, BigInt(batch)]));
}

async function readNoted(store: Store): Promise<ReadonlyMap<string, Noted>> {
  const rows = await store.query<Row & { since: string }>(
    `SELECT noted.1 AS writer, noted.2 AS batch, toUnixTimestamp64Milli(min(recorded_at)) AS since
     FROM (SELECT arrayJoin(CAST(stored, 'Array(Tuple(String, UInt64))')) AS noted, recorded_at FROM ${store.database}.settle_marks)
     GROUP BY noted ORDER BY writer, batch DESC LIMIT 1 BY writer`,
  );
  return new Map(
    rows.map(({ writer, batch, since }) => [
      writer,
      { batch: BigInt(batch), sinceMs: Number(since) },
    ]),
  );
}
