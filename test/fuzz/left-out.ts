/** Bodies that are not sent, since a long run would be about nothing else than them. In the order of their numbers. */
import type { Body } from './bodies.ts';

/** Each day is a part in every table of ClickHouse. */
const DAYS_MAX = 40;
/** Repetition in repetition makes a few of 10 to 200 MB of 10,000 bodies, and each keeps a collector for seconds. */
const HUGE_BYTES = 8 * 1024 * 1024;
const HUGE_MAX = 40;

export class LeftOut {
  private readonly days = new Set<number>();
  private huge = 0;

  /** Whether it is one too many; otherwise it is counted as sent. */
  has({ bytes, days }: Body): boolean {
    const isHuge = bytes.length > HUGE_BYTES;
    if (isHuge && this.huge === HUGE_MAX) return true;
    const added = days.filter((day) => !this.days.has(day));
    if (added.length > 0 && this.days.size + added.length > DAYS_MAX) return true;
    for (const day of added) this.days.add(day);
    if (isHuge) this.huge++;
    return false;
  }
}
