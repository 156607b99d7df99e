/**
 * How far back the filter of seen spans remembers, without a time for each span: it is noted when how many had been
 * remembered, each time another 1/NOTES of its capacity was. Invariant: at most NOTES + 2 notes, however long it runs.
 */

const NOTES = 64;

/** The part of the filter that is read. */
export interface SeenCount {
  readonly capacity: number;
  /** Spans remembered now. */
  readonly size: number;
  /** Spans remembered since the start, those forgotten since included. */
  readonly remembered: number;
}

export class SeenWindow {
  private readonly seen: SeenCount;
  /** Oldest first. */
  private readonly notes: { remembered: number; atMs: number }[];

  /** Spans that the filter knows already count as remembered at `startMs`. */
  constructor(seen: SeenCount, startMs: number) {
    this.seen = seen;
    this.notes = [{ remembered: seen.remembered, atMs: startMs }];
  }

  /** Notes where the filter stands; called every now and then while spans come in. */
  note(nowMs: number): void {
    const { size, remembered, capacity } = this.seen;
    if (remembered - this.notes.at(-1)!.remembered < capacity / NOTES) return;
    this.notes.push({ remembered, atMs: nowMs });
    // The newest note of before the oldest remembered span is kept: the span came after it.
    const first = this.notes.findLastIndex((note) => note.remembered <= remembered - size);
    if (first > 0) this.notes.splice(0, first);
  }

  /** When the oldest remembered span came in, at the earliest; undefined when none is remembered. */
  get oldestMs(): number | undefined {
    const { size, remembered } = this.seen;
    if (size === 0) return undefined;
    const before = this.notes.findLast((note) => note.remembered <= remembered - size);
    return (before ?? this.notes[0])?.atMs;
  }
}
