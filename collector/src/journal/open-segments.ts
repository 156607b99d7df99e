/**
 * The segments that are not sealed yet: one for each of a few days, one mixed for the stragglers, and those that take
 * no more rows and wait to be sealed. Invariant: a row goes to exactly one of them, at a cost that does not grow with
 * them.
 */
import { LIMITS } from '../limit-table.ts';
import { MIXED_DAY } from './index-file.ts';
import type { JournalLimits } from './journal-options.ts';
import { JournalUnavailable } from './journal-unavailable.ts';
import type { OpenSegment } from './open-segment.ts';
import type { PendingRows, SegmentBlocks } from './pending-rows.ts';

/** Each day that waits has builders of its own: beyond this, senders come back. */
const WAITING_DAYS_MAX = LIMITS.waiting_days.byDefault;

export class OpenSegments<Blocks extends SegmentBlocks> {
  private readonly limits: JournalLimits;
  private readonly create: (day: number) => OpenSegment<Blocks>;
  private readonly byDay = new Map<number, OpenSegment<Blocks>>();
  /** They take no more rows; in the order in which they are sealed. */
  private closing: OpenSegment<Blocks>[] = [];
  /** Asked for last, and not retired since: spans of one day follow each other. */
  private last: OpenSegment<Blocks> | undefined;

  constructor(limits: JournalLimits, create: (day: number) => OpenSegment<Blocks>) {
    this.limits = limits;
    this.create = create;
  }

  get all(): OpenSegment<Blocks>[] {
    return [...this.byDay.values(), ...this.closing];
  }

  get count(): number {
    return this.byDay.size + this.closing.length;
  }

  get hasPending(): boolean {
    return this.all.some((segment) => segment.hasPending);
  }

  /**
   * Where the rows of this UTC day go; valid until the next call.
   * @throws JournalUnavailable when rows of too many days wait already: after the next flush there is room
   */
  rowsFor(day: number): PendingRows<Blocks> {
    const { last } = this;
    if (last !== undefined && last.day === day && !this.isFull(last)) {
      return last.rowsFor(day);
    }
    return this.findRows(day);
  }

  private findRows(day: number): PendingRows<Blocks> {
    const key = this.byDay.has(day) || this.hasFreeDay() ? day : MIXED_DAY;
    let segment = this.byDay.get(key);
    if (segment !== undefined && this.isFull(segment)) {
      this.retire(segment);
      segment = undefined;
    }
    if (segment === undefined) {
      segment = this.create(key);
      this.byDay.set(key, segment);
    }
    if (!segment.hasDay(day) && segment.dayCount >= WAITING_DAYS_MAX) {
      throw new JournalUnavailable(
        `rows of ${WAITING_DAYS_MAX} days wait already; send again what was not answered`,
      );
    }
    this.last = segment;
    return segment.rowsFor(day);
  }

  /** Takes a segment out of reach of new rows; it is sealed once it is flushed. */
  retire(segment: OpenSegment<Blocks>): void {
    this.last = undefined;
    if (this.byDay.get(segment.day) === segment) {
      this.byDay.delete(segment.day);
      this.closing.push(segment);
    }
  }

  /** Retires the segments that were opened at `untilMs` or before. */
  retireOpened(untilMs: number): void {
    for (const segment of [...this.byDay.values()]) {
      if (segment.openedAtMs <= untilMs) {
        this.retire(segment);
      }
    }
  }

  /** The next segment to seal, or undefined while the oldest still has rows to flush. */
  nextToSeal(): OpenSegment<Blocks> | undefined {
    const [first] = this.closing;
    return first?.isSettled === true ? first : undefined;
  }

  sealed(segment: OpenSegment<Blocks>): void {
    this.closing = this.closing.filter((other) => other !== segment);
  }

  /** Puts a segment that could not be sealed behind the others, so that it does not hold them up. */
  postpone(segment: OpenSegment<Blocks>): void {
    this.sealed(segment);
    this.closing.push(segment);
  }

  private hasFreeDay(): boolean {
    const days = this.byDay.size - (this.byDay.has(MIXED_DAY) ? 1 : 0);
    return days < this.limits.openDaysMax;
  }

  private isFull(segment: OpenSegment<Blocks>): boolean {
    // A span and its charge must still fit, beside the charges of the spans that wait.
    return (
      segment.rowsAtMost + 2 > this.limits.segmentRowsMax ||
      segment.isOverBytes(this.limits.segmentBytesMax)
    );
  }
}
