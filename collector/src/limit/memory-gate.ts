/**
 * Whether the process is near the memory it may have. It closes at one mark and opens again at a lower one, so that it
 * does not flutter. Measuring costs some microseconds, so it is done now and then only.
 */

const CLOSED_FROM = 0.85;
const OPEN_BELOW = 0.8;
const MEASURE_EACH_MS = 100;

export interface MemoryGateDeps {
  /** What the process may take. */
  readonly bytesMax: number;
  /** What it takes: its resident set. */
  readonly residentBytes: () => number;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

export class MemoryGate {
  private readonly deps: MemoryGateDeps;
  private measuredMs = Number.NEGATIVE_INFINITY;
  private isClosed = false;

  constructor(deps: MemoryGateDeps) {
    this.deps = deps;
  }

  /** Whether memory is short. */
  isTight(): boolean {
    const { bytesMax, residentBytes, nowMs } = this.deps;
    const now = nowMs();
    if (now - this.measuredMs < MEASURE_EACH_MS) return this.isClosed;
    this.measuredMs = now;
    this.isClosed = residentBytes() > bytesMax * (this.isClosed ? OPEN_BELOW : CLOSED_FROM);
    return this.isClosed;
  }
}
