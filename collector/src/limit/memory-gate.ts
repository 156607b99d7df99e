/**
 * Whether the process is near the memory it may have. It closes at one mark and opens again at a lower one, so that it
 * does not flutter. Measuring costs some microseconds, so it is done now and then only.
 */

const CLOSED_FROM = 0.9;
const OPEN_BELOW = 0.86;
const MEASURE_EACH_MS = 100;
/**
 * Collecting stops everything for some 100 ms, so it is for when requests would be refused otherwise, and not often:
 * the pause after one that helped, and after one that did not.
 */
const COLLECT_AGAIN_MS = 2_000;
const COLLECT_IN_VAIN_MS = 30_000;

export interface MemoryGateDeps {
  /** What the process may take. */
  readonly bytesMax: number;
  /** What it takes: its resident set. */
  readonly residentBytes: () => number;
  /** Collects garbage and gives memory back: V8 by itself keeps what it once had, as if nobody else needed it. */
  readonly collectGarbage: () => void;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

export class MemoryGate {
  private readonly deps: MemoryGateDeps;
  private measuredMs = Number.NEGATIVE_INFINITY;
  private collectFromMs = Number.NEGATIVE_INFINITY;
  private isClosed = false;

  constructor(deps: MemoryGateDeps) {
    this.deps = deps;
  }

  /** Whether memory is short. */
  isTight(): boolean {
    const now = this.deps.nowMs();
    if (now - this.measuredMs < MEASURE_EACH_MS) return this.isClosed;
    this.measuredMs = now;
    this.isClosed = this.isOverMark();
    if (this.isClosed && now >= this.collectFromMs) {
      this.deps.collectGarbage();
      this.isClosed = this.isOverMark();
      this.collectFromMs = now + (this.isClosed ? COLLECT_IN_VAIN_MS : COLLECT_AGAIN_MS);
    }
    return this.isClosed;
  }

  private isOverMark(): boolean {
    const { bytesMax, residentBytes } = this.deps;
    return residentBytes() > bytesMax * (this.isClosed ? OPEN_BELOW : CLOSED_FROM);
  }
}
